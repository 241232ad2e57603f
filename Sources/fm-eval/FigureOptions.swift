// The options of fm-eval for figures that need every score.
import ByteIO
import CommandLine
import Evaluation
import Predictions

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
