// What the main function of every command does around its work.
@_exported import ArgumentParser
import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A command of fm-tools: `@main struct Idx2Raw: Tool { … }`.
///
/// It is declared as any `ParsableCommand`, with a `configuration` made by
/// ``CommandConfiguration/tool(_:abstract:usage:discussion:examples:)``. `run()` throws a ``Failure``, ``NegativeAnswer`` or nothing; what is printed about it and the exit status are
/// decided here.
public protocol Tool: ParsableCommand {
  /// Options of this command that cannot change what it writes, with their dashes, and whether a value follows them: the
  /// recorded command line leaves them out.
  static var conductOptions: [String: Bool] { get }

  /// The arguments that may come by the thousand; `nil` if the command takes only a few.
  static var manyArguments: WritableKeyPath<Self, [InputPath]>? { get }

  /// Files that are read or written though no option and no argument names them: standard input, where it is the default.
  var impliedFiles: [NamedFile] { get }

  /// Whether the command is made to replace this input by that output. All other outputs that are an input, too, are
  /// refused: FileChecks.swift.
  func mayReplace(_ input: NamedFile, by output: NamedFile) -> Bool
}

extension Tool {
  public static var conductOptions: [String: Bool] { [:] }
  public static var manyArguments: WritableKeyPath<Self, [InputPath]>? { nil }
  public var impliedFiles: [NamedFile] { [] }
  public func mayReplace(_ input: NamedFile, by output: NamedFile) -> Bool { false }

  /// The command's name, as its messages begin.
  public static var name: String { _commandName }

  /// The line that standard error gets of an error, `nil` where all was done and nothing is to be said.
  public static func message(ofFailure error: any Error) -> String? {
    error is NegativeAnswer ? nil : Outcome(of: error, in: self).message
  }

  /// The status with which a command ends that throws this.
  public static func status(ofFailure error: any Error) -> ToolStatus { Outcome(of: error, in: self).status }

  /// Runs the command with the process's arguments and ends the process.
  public static func main() {
    openStandardDescriptors()
    Limits.failOrderly(command: name, status: ToolStatus.inputOutput.rawValue)
    let outcome = outcome(of: processArguments())
    var status = outcome.status
    if let text = outcome.output {
      do {
        let output = try OutputFile(path: "-")
        try output.write(text.hasSuffix("\n") ? text : text + "\n")
        try output.commit()
      } catch {
        let failed = Outcome(of: error, in: Self.self)
        if let message = failed.message { StandardError.print(message) }
        status = failed.status
      }
    }
    if let message = outcome.message { StandardError.print(message) }
    TemporaryFiles.removeAll()
    endProcess(status)
  }

  /// Parses the arguments and runs the command.
  static func outcome(of arguments: [String]) -> Outcome {
    if let unknown = UnknownOption(oneDashIn: arguments, help: helpMessage()) {
      return Outcome(status: .usage, message: "\(name): \(unknown.message) (see \(name) --help)")
    }
    var command: any ParsableCommand
    do {
      if let manyArguments {
        let many = ManyArguments(arguments)
        command = try parseAsRoot(many.arguments)
        if var tool = command as? Self {
          tool[keyPath: manyArguments] = many.restored(tool[keyPath: manyArguments])
          command = tool
        }
      } else {
        command = try parseAsRoot(arguments)
      }
      // `--help` and its like are commands of the parser, which throw their text when they are run.
      if !(command is Self) { try command.run() }
    } catch {
      let outcome = Outcome(ofParsing: error, in: self)
      guard outcome.status == .usage, let unknown = UnknownOption(in: arguments, help: helpMessage()) else {
        return outcome
      }
      return Outcome(status: .usage, message: "\(name): \(unknown.message) (see \(name) --help)")
    }
    do {
      if let tool = command as? Self { try tool.checkFiles() }
      try command.run()
      return Outcome(status: .success)
    } catch {
      return Outcome(of: error, in: self)
    }
  }
}

/// `exit` by another name: within a command, that name is the argument parser's.
private func endProcess(_ status: ToolStatus) -> Never { exit(status.rawValue) }

/// How a command ends, and what it says then.
struct Outcome: Equatable {
  var status: ToolStatus
  /// For standard output: a help text, a version.
  var output: String?
  /// One line for standard error.
  var message: String?
}

extension Outcome {
  /// What follows from an error of the argument parser: a request for help is one too.
  init(ofParsing error: any Error, in tool: any Tool.Type) {
    if tool.exitCode(for: error).isSuccess {
      // 80 columns at most: longer lines are hard to read, however wide the terminal is.
      let columns = min(80, Terminal.width(of: 1) ?? 80)
      let text = CompletionScript.repaired(
        tool.fullMessage(for: error, columns: columns), command: tool.name)
      self.init(status: .success, output: text.hasPrefix("OVERVIEW: ") ? withOptionsFirst(text) : text)
    } else {
      self.init(
        status: .usage,
        message: "\(tool.name): \(oneLine(tool.message(for: error))) (see \(tool.name) --help)")
    }
  }

  /// What follows from an error that the command's work threw.
  init(of error: any Error, in tool: any Tool.Type) {
    switch error {
    case let failure as any Failure:
      self.init(status: ToolStatus(failure.kind), message: "\(tool.name): \(failure.description)")
    case let answer as NegativeAnswer:
      self.init(status: .no, message: answer.reason.map { "\(tool.name): \($0)" })
    case is CleanExit, is ValidationError:
      self.init(ofParsing: error, in: tool)
    default:
      self.init(
        status: .internalDefect,
        message: "\(tool.name): \(oneLine(String(describing: error)));"
          + " this is a defect of fm-tools, please report it")
    }
  }
}

/// The parser's message in our manner: one line, begun with a small letter, arguments in it as people see them.
private func oneLine(_ message: String) -> String {
  let lines = message.split(whereSeparator: \.isNewline).map { line in
    String(line.drop(while: \.isWhitespace))
  }
  var text = lines.joined(separator: " ").unicodeScalars
    .map { isSpecial($0) ? displayed(String($0)) : String($0) }.joined()
  if text.hasSuffix(".") { text.removeLast() }
  for (sentence, clause) in [(". Did you mean", ", did you mean"), (". Please", "; please")] {
    text = text.replacing(sentence, with: clause)
  }
  return text.prefix(1).lowercased() + text.dropFirst()
}

/// Whether a character cannot be shown as it is: one that misleads, or stands for a byte.
private func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
  isMisleading(scalar) || scalar.properties.generalCategory == .privateUse
}

/// Makes sure that descriptors 0 to 2 are taken: of a process started with one of them closed, a file would get its
/// number, and messages would be written into it. Reads and writes of the substitutes fail, as they should.
private func openStandardDescriptors() {
  for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 {
    _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
  }
}
