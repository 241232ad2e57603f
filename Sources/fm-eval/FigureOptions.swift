// The options of fm-eval on figures that need the score of every record.
import ByteIO
import CommandLine
import Evaluation
import Predictions

struct FigureOptions: ParsableArguments {
  @Flag(
    help: """
      Also compute, for each class against the rest, the area under the ROC curve and the average precision. Needs the \
      probabilities of all classes; memory: 4 bytes for each of them.
      """)
  var areas = false

  @Flag(
    help: """
      Also compute how often the answers are right if only the surest are given, to 100, 99, 95, 90, 80 and 50 % of the \
      records, and the area under that curve of risk.
      """)
  var coverage = false

  @Option(
    name: .customLong("coverage-at"),
    help: ArgumentHelp(
      """
      Find the largest share of the records that can be answered with this accuracy, and the least probability of their \
      answers. Implies --coverage.
      """,
      valueName: "accuracy"))
  var accuracyToCover: Double?

  @Option(
    help: ArgumentHelp(
      """
      Also compute what the answers cost on average, by this table, and what those of the least expected cost would: TSV, \
      a header with any word and the predicted classes, and below it for each true class its name and the costs.
      """, valueName: "file"), completion: .tables)
  var costs: InputPath?

  func validate() throws {
    guard let accuracyToCover else { return }
    guard accuracyToCover > 0 && accuracyToCover <= 1 else {
      throw ValidationError("--coverage-at: expected a share above 0 and up to 1, got \(accuracyToCover)")
    }
  }

  /// The first option that predictions are needed for.
  var optionOnPredictions: String? {
    if areas { return "--areas" }
    if coverage { return "--coverage" }
    return accuracyToCover == nil ? nil : "--coverage-at"
  }

  /// The figures without their costs, which are in a file.
  var wanted: WantedFigures {
    var wanted = WantedFigures()
    wanted.areas = areas
    wanted.coverage = coverage || accuracyToCover != nil
    wanted.accuracyToCover = accuracyToCover
    return wanted
  }

  /// What mistakes cost, read whole.
  func costTable(_ open: (InputPath) throws -> InputFile) throws -> CostTable? {
    try costs.map { try CostTable(try open($0)) }
  }
}
