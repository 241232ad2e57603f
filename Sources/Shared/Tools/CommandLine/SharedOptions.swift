// Options that several commands share. Each has the same name, meaning and help text everywhere.
import ArgumentParser
import ByteIO
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

/// `-q/--quiet`: alone for commands that show no progress, and within ``ReportingOptions`` for the others.
public struct QuietOption: ParsableArguments {
  @Flag(name: [.short, .long], help: "Write nothing but errors to standard error.")
  public var quiet = false

  public init() {}
}

/// `-q/--quiet` and `--progress`.
public struct ReportingOptions: ParsableArguments {
  @OptionGroup private var quietOption: QuietOption

  @Option(
    help: ArgumentHelp(
      "Show progress on standard error; auto: on a terminal, unless it also shows the output.",
      valueName: "when"))
  public var progress = ProgressChoice.auto

  public init() {}

  public init(quiet: Bool, progress: ProgressChoice) {
    var quietOption = QuietOption()
    quietOption.quiet = quiet
    self.quietOption = quietOption
    self.progress = progress
  }

  /// Whether nothing but errors is written to standard error.
  public var quiet: Bool {
    get { quietOption.quiet }
    set { quietOption.quiet = newValue }
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

/// `-o/--output FILE`, for commands with one output.
public struct OutputOption: ParsableArguments {
  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("Write to this file; - is standard output.", valueName: "file"), completion: .file())
  var output: OutputPath = "-"

  public init() {}

  /// The file to write; `-` is standard output.
  public var path: FilePath { output.path }
}
