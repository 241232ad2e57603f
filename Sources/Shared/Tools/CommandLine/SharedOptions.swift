// Options that several commands share. Each has the same name, meaning and help text everywhere.
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
      "Use <n> threads, at most 1024. The result is the same for any number. (default: one per processor)",
      valueName: "n"))
  public var jobs: Int?

  public init() {}

  public func validate() throws {
    if let jobs, !(1...1024).contains(jobs) {
      throw ValidationError("--jobs: expected 1 to 1024, got \(jobs)")
    }
  }

  /// The number of threads to use.
  public var count: Int { jobs ?? min(1024, Int(csystem_processor_count())) }
}

/// When to show progress.
public enum ProgressChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
  case auto, always, never
}

/// `-q/--quiet`, for commands that show no progress.
public struct QuietOption: ParsableArguments {
  @Flag(name: [.short, .long], help: "Write nothing but errors to standard error.")
  public var quiet = false

  public init() {}
}

/// `-q/--quiet` and `--progress`.
public struct ReportingOptions: ParsableArguments {
  @Flag(name: [.short, .long], help: "Write nothing but errors to standard error.")
  public var quiet = false

  @Option(
    help: ArgumentHelp(
      "Show progress on standard error; auto: on a terminal, unless it also shows the output.",
      valueName: "when"))
  public var progress = ProgressChoice.auto

  public init() {}

  public init(quiet: Bool, progress: ProgressChoice) {
    self.quiet = quiet
    self.progress = progress
  }

  /// Whether to show progress. `besideItsOutput` says whether the same terminal shows the command's output.
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
  /// A fraction of the records, from 0 to below 1.
  case fraction(Double)

  public static let spelling = "a number, such as 12000, or a fraction below 1, such as 0.2"

  /// Parses decimal digits as a number, and digits with a decimal point as a fraction: `12000`, `0.2`.
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
