// The main function that all commands share.
@_exported import ArgumentParser
import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A command of fm-tools: `@main struct Idx2Raw: Tool { … }`.
///
/// It is declared like any `ParsableCommand`, with a `configuration` made by
/// ``CommandConfiguration/tool(_:abstract:usage:discussion:examples:)``. `run()` throws a ``Failure``, a
/// ``NegativeAnswer`` or nothing. This file turns it into a message and an exit status.
public protocol Tool: ParsableCommand {
  /// The options of this command that cannot change its output, with their dashes, and whether a value follows. The
  /// recorded command line leaves them out.
  static var conductOptions: [String: Bool] { get }

  /// The arguments of which there may be thousands; `nil` if the command takes only a few.
  static var manyArguments: WritableKeyPath<Self, [InputPath]>? { get }

  /// Files that no option or argument names, but that are read or written: for example standard input, by default. Each
  /// has the name of its option or argument in the help text, or that of the standard stream.
  var impliedFiles: [NamedFile] { get }

  /// Whether the command may replace `input` with `output`. FileChecks.swift refuses other outputs that are also
  /// inputs.
  func mayReplace(_ input: NamedFile, by output: NamedFile) -> Bool
}

extension Tool {
  public static var conductOptions: [String: Bool] { [:] }
  public static var manyArguments: WritableKeyPath<Self, [InputPath]>? { nil }
  public var impliedFiles: [NamedFile] { [] }
  public func mayReplace(_ input: NamedFile, by output: NamedFile) -> Bool { false }

  /// The command's name, with which its messages begin.
  public static var name: String { _commandName }

  /// Returns the line for standard error about an error; `nil` for a ``NegativeAnswer``.
  public static func message(ofFailure error: any Error) -> String? {
    error is NegativeAnswer ? nil : Outcome(of: error, in: self).message
  }

  /// Returns the exit status of a command that throws this error.
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
      // `--help` and similar options give commands of the parser, which throw their text when run.
      if !(command is Self) { try command.run() }
    } catch {
      let outcome = Outcome(ofParsing: error, in: self)
      if outcome.message?.contains(": missing value for '") == true,
        let joined = joiningValues(arguments)
      {
        return Self.outcome(of: joined)
      }
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

/// Returns the process's arguments without the command's name, as texts that stand for their bytes (`argumentText`). In
/// Swift's own arguments, bytes that are not UTF-8 have been replaced.
func processArguments() -> [String] {
  (0..<Int(Swift.CommandLine.argc)).dropFirst().compactMap { index in
    guard let argument = Swift.CommandLine.unsafeArgv[index] else { return nil }
    var count = 0
    while argument[count] != 0 { count += 1 }
    return argumentText(UnsafeBufferPointer(start: argument, count: count).map(UInt8.init(bitPattern:)))
  }
}

/// Joins values that begin with a hyphen but cannot be options, such as `-1` or `-,truth`, to the options before them,
/// since the parser takes them for options. Returns `nil` if there is none.
func joiningValues(_ arguments: [String]) -> [String]? {
  var joined: [String] = []
  for argument in arguments.prefix(while: { $0 != "--" }) {
    let isValue = argument.wholeMatch(of: #/-[^a-zA-Z-].*/#) != nil
    if isValue, let option = joined.last, option.wholeMatch(of: #/--?[a-zA-Z][a-zA-Z0-9-]*/#) != nil {
      joined[joined.count - 1] = "\(option)=\(argument)"
    } else {
      joined.append(argument)
    }
  }
  joined += arguments.drop { $0 != "--" }
  return joined == arguments ? nil : joined
}

/// Calls `exit`, a name that within a command means the argument parser's function.
private func endProcess(_ status: ToolStatus) -> Never { exit(status.rawValue) }

/// The result of a command: its exit status and its last messages.
struct Outcome: Equatable {
  var status: ToolStatus
  /// Text for standard output: a help text or a version.
  var output: String?
  /// One line for standard error.
  var message: String?
}

extension Outcome {
  /// The outcome of an error of the argument parser, for which a request for help is also an error.
  init(ofParsing error: any Error, in tool: any Tool.Type) {
    if tool.exitCode(for: error).isSuccess {
      // At most 80 columns: longer lines are hard to read, however wide the terminal is.
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

  /// The outcome of an error that `run()` threw.
  init(of error: any Error, in tool: any Tool.Type) {
    switch error {
    case let failure as any Failure:
      self.init(status: ToolStatus(failure.kind), message: "\(tool.name): \(messageLine(about: failure))")
    case let answer as NegativeAnswer:
      self.init(status: .no, message: answer.reason.map { "\(tool.name): \($0)" })
    case is CleanExit, is ValidationError:
      self.init(ofParsing: error, in: tool)
    default:
      self.init(
        status: .internalDefect,
        message: "\(tool.name): \(oneLine(String(describing: error)));"
          + " this is a bug in fm-tools, please report it")
    }
  }
}

/// Returns the parser's message in our style: one line, a lower-case first letter, and arguments escaped for display.
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

/// Whether a character must be escaped: it is misleading, or stands for a byte.
private func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
  isMisleading(scalar) || scalar.properties.generalCategory == .privateUse
}

/// Makes sure that descriptors 0 to 2 are open. If a process was started with one of them closed, a file could get its
/// number, and messages would be written into the file. Reads and writes of the substitutes fail, as they should.
private func openStandardDescriptors() {
  for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 {
    _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
  }
}
