// What is known about a terminal, and the rule that binary data stay out of it.
import ArgumentParser
import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

public enum Terminal {
  /// The terminal's columns; `nil` if the descriptor is no terminal, or one that does not say.
  public static func width(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Whether text for this descriptor may be coloured: it is a terminal that can, and NO_COLOR is unset or empty
  /// (https://no-color.org).
  public static func takesColor(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && environment("NO_COLOR", default: "").isEmpty
      && environment("TERM", default: "dumb") != "dumb"
  }

  /// How many bits a colour may have in text for this descriptor: 24 where COLORTERM says so, 8 where TERM names 256 colours, 0
  /// where text may not be coloured or the colours are those few that themes replace.
  public static func colorDepth(of descriptor: Int32) -> Int {
    guard takesColor(descriptor) else { return 0 }
    if ["truecolor", "24bit"].contains(environment("COLORTERM", default: "")) { return 24 }
    return environment("TERM", default: "").contains("256color") ? 8 : 0
  }

  private static func environment(_ name: String, default value: String) -> String {
    getenv(name).map { String(cString: $0) } ?? value
  }
}

/// Binary data that would come from a terminal, or go to one.
public enum TerminalError: Failure, Equatable {
  case input(name: String, expected: String, instead: String)
  case output(name: String, instead: String)

  public var kind: FailureKind { .usage }
  public var description: String {
    switch self {
    case .input(let name, let expected, let instead):
      "\(name): expected \(expected), found a terminal; type for example '\(instead)', or use --force"
    case .output(let name, let instead):
      "\(name): binary data is not written to a terminal; type for example '\(instead)', or use --force"
    }
  }
}

/// `-f/--force`, for commands that read or write binary data.
public struct ForceOption: ParsableArguments {
  @Flag(
    name: [.short, .long],
    help:
      "Do what is refused without it: read binary data from a terminal or write it to one, and whatever a message says."
  )
  public var force = false

  public init() {}

  /// Refuses to read from a terminal unless forced. `expected` names what is read (`a tensor stream`), `instead` is
  /// what to type.
  public func check(_ input: InputFile, expected: String, instead: String) throws {
    if input.isTerminal && !force {
      throw TerminalError.input(name: input.name, expected: expected, instead: instead)
    }
  }

  /// Refuses to write to a terminal unless forced. `instead` is what to type.
  public func check(_ output: OutputFile, instead: String) throws {
    if output.isTerminal && !force { throw TerminalError.output(name: output.name, instead: instead) }
  }
}
