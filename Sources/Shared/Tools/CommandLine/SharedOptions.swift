// Options that several commands share: each has one name, one meaning and one help text everywhere.
import ArgumentParser
import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension NameSpecification {
  /// The names of an option with a value and a letter: `-j 2`, `-j2`, `--jobs 2`, `--jobs=2`.
  public static func longAndLetter(_ letter: Character) -> NameSpecification {
    [.customShort(letter, allowingJoined: true), .long]
  }
}

/// `-j/--jobs N`.
public struct JobsOption: ParsableArguments {
  @Option(
    name: .longAndLetter("j"),
    help: ArgumentHelp(
      "Work in <n> threads, at most 1024. The result is the same for every number. (default: one a processor)",
      valueName: "n"))
  public var jobs: Int?

  public init() {}

  public func validate() throws {
    if let jobs, !(1...1024).contains(jobs) {
      throw ValidationError("--jobs: expected 1 to 1024, got \(jobs)")
    }
  }

  /// How many threads to use.
  public var count: Int { jobs ?? min(1024, Int(csystem_processor_count())) }
}

/// When to show progress.
public enum ProgressChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
  case auto, always, never
}

/// `-q/--quiet`, of commands that show no progress.
public struct QuietOption: ParsableArguments {
  @Flag(name: [.short, .long], help: "Say nothing on standard error but errors.")
  public var quiet = false

  public init() {}
}

/// `-q/--quiet` and `--progress`.
public struct ReportingOptions: ParsableArguments {
  @Flag(name: [.short, .long], help: "Say nothing on standard error but errors.")
  public var quiet = false

  @Option(
    help: ArgumentHelp(
      "Show progress on standard error; auto: if it is a terminal, and not the one that shows the output.",
      valueName: "when"))
  public var progress = ProgressChoice.auto

  public init() {}

  public init(quiet: Bool, progress: ProgressChoice) {
    self.quiet = quiet
    self.progress = progress
  }

  /// Whether progress is to be shown. `besideItsOutput`: on the terminal that shows the command's output.
  func showsProgress(besideItsOutput: Bool, onTerminal: Bool = isatty(2) == 1) -> Bool {
    switch progress {
    case _ where quiet: false
    case .auto: onTerminal && !besideItsOutput
    case .always: true
    case .never: false
    }
  }
}

/// A share of the data: a number of records, or a fraction of them.
public enum NumberOrFraction: Equatable, Sendable, SpelledArgument {
  case number(Int)
  /// From 0 to below 1.
  case fraction(Double)

  public static let spelling = "a number, such as 12000, or a fraction below 1, such as 0.2"

  /// Decimal digits are a number; with a point among them they are a fraction: `12000`, `0.2`.
  public init?(argument: String) {
    let isDecimal = argument.utf8.allSatisfy { $0 == UInt8(ascii: ".") || 0x30...0x39 ~= $0 }
    guard isDecimal else { return nil }
    if let number = Int(argument) {
      self = .number(number)
    } else if argument.contains("."), let fraction = Double(argument), fraction < 1 {
      self = .fraction(fraction)
    } else {
      return nil
    }
  }

  public var text: String {
    switch self {
    case .number(let number): "\(number)"
    case .fraction(let fraction): "\(fraction)"
    }
  }
}
