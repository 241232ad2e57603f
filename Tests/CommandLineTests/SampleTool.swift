import ByteIO
import CommandLine

/// A command that can end in every way.
struct SampleTool: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-sample", abstract: "End in some way.", usage: "[<options>] <ending>",
    discussion:
      "Long explanations are wrapped at the width of the help text, which is eighty columns or fewer.",
    examples: ["fm-sample done", "fm-sample --share 0.5 no"])

  enum Ending: String, CaseIterable, ExpressibleByArgument {
    case done, no, silentNo, badData, noInput, usage, validation, defect, cleanExit
  }

  struct Defect: Error, CustomStringConvertible {
    var description: String { "a bound\nwas wrong." }
  }

  @OptionGroup var jobs: JobsOption
  @OptionGroup var reporting: ReportingOptions
  @OptionGroup var force: ForceOption
  /// A value with its own syntax.
  struct Share: SpelledArgument {
    static let spelling = "a number, such as 12000, or a fraction below 1, such as 0.2"
    let value: Double

    init(_ value: Double) { self.value = value }

    init?(argument: String) {
      guard let value = Double(argument), Int(argument) != nil || value < 1 else { return nil }
      self.value = value
    }
  }

  @Option(help: "How much. (default: 0.2)", transform: Share.spelled) var share = Share(0.2)
  @Argument(help: "The way to end.") var ending: Ending

  func run() throws {
    switch ending {
    case .done: break
    case .no: throw NegativeAnswer("accuracy is below 0.9")
    case .silentNo: throw NegativeAnswer()
    case .badData: throw FileError.tooLarge(name: "labels.txt", limit: 5)
    case .noInput: _ = try InputFile(path: "/nowhere/at all")
    case .usage: throw UsageError("--fold: expected I/K, got 3")
    case .validation: throw ValidationError("Two models were given.")
    case .defect: throw Defect()
    case .cleanExit: throw CleanExit.message("presets: ffnn cnn")
    }
  }
}
