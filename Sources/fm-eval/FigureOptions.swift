// The options of fm-eval for figures: those that need every score, and intervals.
import ByteIO
import CommandLine
import Evaluation
import Predictions

/// The options for figures that need every score.
struct FigureOptions: ParsableArguments {
  @Flag(
    help: """
      Also compute, for each class against the rest, the area under the ROC curve and the average precision. Needs the \
      probabilities of all classes, and 4 bytes of memory for each.
      """)
  var areas = false

  @Flag(
    help: """
      Also compute how often answers are right if only the most confident ones are given, for 100, 99, 95, 90, 80 and \
      50 % of the records, and the area under the risk-coverage curve.
      """)
  var coverage = false

  @Option(
    name: .customLong("coverage-at"),
    help: ArgumentHelp(
      """
      Find the largest share of the records that can be answered with this accuracy, and the least probability of these \
      answers. Implies --coverage.
      """,
      valueName: "accuracy"))
  var accuracyToCover: Double?

  @Option(
    help: ArgumentHelp(
      """
      Also compute the mean cost of the answers by this table, and that of answers with the least expected cost. The \
      table is TSV: a header with any word and the predicted classes, and below it, for each true class, its name and \
      the costs.
      """, valueName: "file"), completion: .tables)
  var costs: InputPath?

  func validate() throws {
    guard let accuracyToCover else { return }
    guard accuracyToCover > 0 && accuracyToCover <= 1 else {
      throw ValidationError("--coverage-at: expected a share above 0 and up to 1, got \(accuracyToCover)")
    }
  }

  /// The first given option that needs predictions; `nil` if none does.
  var optionOnPredictions: String? {
    if areas { return "--areas" }
    if coverage { return "--coverage" }
    return accuracyToCover == nil ? nil : "--coverage-at"
  }

  /// The requested figures, except for costs, which are in a file.
  var wanted: WantedFigures {
    var wanted = WantedFigures()
    wanted.areas = areas
    wanted.coverage = coverage || accuracyToCover != nil
    wanted.accuracyToCover = accuracyToCover
    return wanted
  }

  /// Reads the table of costs.
  func costTable(_ open: (InputPath) throws -> InputFile) throws -> CostTable? {
    try costs.map { try CostTable(try open($0)) }
  }
}

/// The options for intervals.
struct IntervalOptions: ParsableArguments {
  enum Method: String, CaseIterable, ExpressibleByArgument { case wilson, bootstrap }

  @Option(help: ArgumentHelp("The confidence of intervals and tests.", valueName: "share"))
  var confidence = 0.95

  @Option(
    help: ArgumentHelp(
      """
      Compute intervals with this method: wilson, a formula for the accuracy; or bootstrap, resampling, which also \
      gives intervals of macro F1, weighted F1, kappa and MCC.
      """, valueName: "method"))
  var interval = Method.wilson

  @Option(
    help: ArgumentHelp("The number of bootstrap samples, 100 to 1,000,000. (default: 10000)", valueName: "n"))
  var resamples: Int?

  @Option(help: ArgumentHelp("The seed of the bootstrap. (default: 0)", valueName: "n"))
  var seed: UInt64?

  func validate() throws {
    guard confidence > 0 && confidence < 1 else {
      throw ValidationError("--confidence: expected a share between 0 and 1, got \(confidence)")
    }
    if interval == .wilson, resamples != nil || seed != nil {
      throw ValidationError(
        "\(resamples != nil ? "--resamples" : "--seed"): expected --interval bootstrap, which resamples")
    }
    if let resamples, !(100...1_000_000 ~= resamples) {
      throw ValidationError("--resamples: expected 100 to 1000000, got \(resamples)")
    }
  }

  /// The method and the confidence of intervals.
  var settings: IntervalSettings {
    let resampling = Resampling(count: resamples ?? 10_000, seed: seed ?? 0)
    return IntervalSettings(
      confidence: confidence, method: interval == .wilson ? .wilson : .bootstrap(resampling))
  }
}
