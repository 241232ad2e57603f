// The options of fm-eval for what predictions are judged against: limits, earlier predictions, and true classes from a
// separate file.
import ByteIO
import CommandLine
import Evaluation
import Predictions

/// `--min`, `--max`, `--baseline` and `--max-drop`.
struct GateOptions: ParsableArguments {
  @Option(
    name: .customLong("min"),
    help: ArgumentHelp("Fail if the metric is less than <x>. Can be repeated.", valueName: "metric=x"))
  var minima: [String] = []

  @Option(
    name: .customLong("max"),
    help: ArgumentHelp("Fail if the metric is more than <x>. Can be repeated.", valueName: "metric=x"))
  var maxima: [String] = []

  @Option(
    help: ArgumentHelp(
      "Compare with earlier predictions of the same records, or with an earlier JSON report.",
      valueName: "file"), completion: .predictions)
  var baseline: [InputPath] = []

  @Option(
    name: .customLong("max-drop"),
    help: ArgumentHelp(
      "Fail if the metric is worse than the baseline's by more than <x>. Can be repeated.",
      valueName: "metric=x"))
  var maximumDrops: [String] = []

  /// The only baseline; `nil` if none is given. Throws a ``ValidationError`` if there are several.
  func onlyBaseline() throws -> InputPath? {
    if baseline.count > 1 { throw ValidationError("--baseline: expected one, got \(baseline.count)") }
    return baseline.first
  }

  /// The gates, in the order of the options. Throws a ``ValidationError`` if one is not well-formed, or needs a
  /// baseline that is not given.
  func gates() throws -> [Gate] {
    if baseline.isEmpty, let drop = maximumDrops.first {
      throw ValidationError("--max-drop \(drop): expected a --baseline to compare with")
    }
    func gates(_ kind: Gate.Kind, _ option: String, _ texts: [String]) throws -> [Gate] {
      try texts.map { text in try parsed(option) { try Gate(kind, parsing: text) } }
    }
    return try gates(.minimum, "--min", minima) + gates(.maximum, "--max", maxima)
      + gates(.maximumDrop, "--max-drop", maximumDrops)
  }
}

/// `--truth` and `--missing`.
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

extension Truths.Missing: ExpressibleByArgument {}
