// The options of fm-eval for thresholds of classes: choosing them, and judging answers that reach them.
import ByteIO
import CommandLine
import Evaluation
import ClassOptions
import Predictions

/// `--choose-thresholds`, `--thresholds-out`, `--thresholds` and `--threshold`.
struct ThresholdOptions: ParsableArguments {
  @Option(
    name: .customLong("choose-thresholds"),
    help: ArgumentHelp(
      """
      Choose the least probability of each class's answers, on these predictions: f1, for the largest F1 of the class \
      against the rest; precision=<x>, for the largest recall with at least that precision; or recall=<x>, for the \
      largest precision with at least that recall.
      """, valueName: "goal"), completion: .list(["f1", "precision=", "recall="]))
  var goalText: String?

  @Option(
    help: ArgumentHelp(
      "Write the chosen thresholds to this file as TSV, for --thresholds of fm-predict and fm-eval.",
      valueName: "file"),
    completion: .file())
  var thresholdsOut: OutputPath?

  @OptionGroup var classThresholds: ClassThresholdOptions

  func validate() throws {
    if goalText != nil, thresholdsOut == nil {
      throw ValidationError("--choose-thresholds: expected --thresholds-out FILE to write them to")
    }
    if thresholdsOut != nil, goalText == nil {
      throw ValidationError("--thresholds-out: expected --choose-thresholds GOAL, which says what to choose")
    }
    _ = try goal
  }

  /// The goal of the thresholds to choose; `nil` if none are.
  var goal: ThresholdGoal? {
    get throws {
      guard let goalText else { return nil }
      guard let goal = ThresholdGoal(parsing: goalText) else {
        throw ValidationError(
          "--choose-thresholds: expected f1, precision=X or recall=X, with X above 0 and up to 1, got"
            + " '\(displayed(goalText))'")
      }
      return goal
    }
  }

  /// The first given option that needs predictions; `nil` if none does.
  var optionOnPredictions: String? {
    goalText == nil ? classThresholds.optionName : "--choose-thresholds"
  }

  /// Reads the thresholds that answers must reach; `nil` if there are none.
  func thresholds(_ open: (InputPath) throws -> InputFile) throws -> ClassThresholds? {
    let single = try classThresholds.single
    guard let thresholds = classThresholds.thresholds else { return single.isEmpty ? nil : single }
    var table = try ClassThresholds(try open(thresholds))
    table.replace(by: single)
    return table
  }

  /// Writes the chosen thresholds.
  func write(_ figures: ScoreFigures) throws {
    guard let thresholdsOut, let chosen = figures.thresholds else { return }
    let file = try OutputFile(path: thresholdsOut.path)
    try chosen.write(to: file)
    try file.commit()
  }
}
