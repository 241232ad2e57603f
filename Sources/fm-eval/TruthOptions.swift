// The options of fm-eval on true classes from a file of their own.
import ByteIO
import CommandLine
import Evaluation
import Predictions

extension Truths.Missing: ExpressibleByArgument {}

struct TruthOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      True classes for predictions that have none, joined by name: TSV or CSV with the columns name and truth \
      (or label, or class), or a tensor stream with names and labels.
      """, valueName: "file"), completion: .file())
  var truth: InputPath?

  @Option(
    help: ArgumentHelp(
      """
      What to do about names without a true class, and about true classes that were not predicted: fail, or skip \
      them. (default: fail)
      """, valueName: "what"))
  var missing: Truths.Missing?

  func validate() throws {
    if missing != nil && truth == nil {
      throw ValidationError("--missing: expected a --truth that names may be missing in")
    }
  }

  /// The true classes, read whole.
  func truths(_ open: (InputPath) throws -> InputFile) throws -> Truths? {
    try truth.map { Truths(try TrueClasses(try open($0)), missing: missing ?? .fail) }
  }
}
