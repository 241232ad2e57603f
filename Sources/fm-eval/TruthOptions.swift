// The options of fm-eval for true classes from a separate file.
import ByteIO
import CommandLine
import Evaluation
import Predictions

extension Truths.Missing: ExpressibleByArgument {}

struct TruthOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Read true classes for predictions that have none, and join them by name: TSV or CSV with the columns name and \
      truth (or label, or class), or a tensor stream with names and labels.
      """, valueName: "file"), completion: .tables)
  var truth: InputPath?

  @Option(
    help: ArgumentHelp(
      """
      Treat names without a true class, and true classes without a prediction, as an error (fail), or leave them out \
      (skip). (default: fail)
      """, valueName: "what"))
  var missing: Truths.Missing?

  func validate() throws {
    if missing != nil && truth == nil {
      throw ValidationError("--missing: expected --truth FILE, in which names may be missing")
    }
  }

  /// Reads the file of true classes.
  func truths(_ open: (InputPath) throws -> InputFile) throws -> Truths? {
    try truth.map { Truths(try TrueClasses(try open($0)), missing: missing ?? .fail) }
  }
}
