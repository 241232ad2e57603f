// The properties of a terminal, and the rule that no binary data is written to it.
import ArgumentParser
import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

public enum Terminal {
  /// Returns the number of columns; `nil` if the descriptor is not a terminal, or the terminal does not report it.
  public static func width(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Whether text for this descriptor may be coloured: it is a terminal that supports colour, and NO_COLOR is unset or
  /// empty (https://no-color.org).
  public static func takesColor(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && environment("NO_COLOR", default: "").isEmpty
      && environment("TERM", default: "dumb") != "dumb"
  }

  /// Returns the number of bits of a colour in text for this descriptor: 24 if COLORTERM says so, 8 if TERM names 256
  /// colours, and 0 if text may not be coloured or the terminal has only the few colours that themes replace.
  public static func colorDepth(of descriptor: Int32) -> Int {
    guard takesColor(descriptor) else { return 0 }
    if ["truecolor", "24bit"].contains(environment("COLORTERM", default: "")) { return 24 }
    return environment("TERM", default: "").contains("256color") ? 8 : 0
  }

  private static func environment(_ name: String, default value: String) -> String {
    getenv(name).map { String(cString: $0) } ?? value
  }
}

/// The error for binary data that would come from a terminal, or go to one.
public enum TerminalError: Failure, Equatable {
  case input(name: String, expected: String, instead: String)
  case output(name: String, instead: String)

  public var kind: FailureKind { .usage }
  public var description: String {
    switch self {
    case .input(let name, let expected, let instead):
      "\(name): expected \(expected), found a terminal; type, for example, '\(instead)', or use --force"
    case .output(let name, let instead):
      "\(name): binary data is not written to a terminal; type, for example, '\(instead)', or use --force"
    }
  }
}

/// `-f/--force`, for commands that read or write binary data.
public struct ForceOption: ParsableArguments {
  @Flag(
    name: [.short, .long],
    help:
      "Read binary data from a terminal, write it to one, and do whatever else a message says needs --force."
  )
  public var force = false

  public init() {}

  /// Opens an input, and throws if it is a terminal, unless forced. ``check(_:expected:instead:)`` explains `expected`
  /// and `instead`.
  public func open(_ path: FilePath, expected: String, instead: String) throws -> InputFile {
    do {
      let input = try InputFile(path: path)
      try check(input, expected: expected, instead: instead)
      return input
    } catch FileError.inputIsFolder(let name) where expected == Self.stream {
      throw FolderError(name: name)
    }
  }

  /// What commands expect that read images.
  public static let stream = "a tensor stream"

  /// Throws if `input` is a terminal, unless forced. `expected` names the expected input (`a tensor stream`), and
  /// `instead` is the command line to type instead.
  public func check(_ input: InputFile, expected: String, instead: String) throws {
    if input.isTerminal && !force {
      throw TerminalError.input(name: input.name, expected: expected, instead: instead)
    }
  }

  /// Throws if `output` is a terminal, unless forced. `instead` is the command line to type instead.
  public func check(_ output: OutputFile, instead: String) throws {
    if output.isTerminal && !force { throw TerminalError.output(name: output.name, instead: instead) }
  }
}

/// A folder where a stream of images was expected.
struct FolderError: Failure, Equatable {
  let name: String

  var kind: FailureKind { .cannotOpen }
  var description: String {
    "\(name): expected a tensor stream, found a folder; png2raw makes a stream of the pictures in folders"
  }
}
