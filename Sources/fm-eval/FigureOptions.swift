// The options of fm-eval on figures that need the score of every record.
import CommandLine
import Evaluation

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

  var wanted: WantedFigures {
    var wanted = WantedFigures()
    wanted.areas = areas
    wanted.coverage = coverage || accuracyToCover != nil
    wanted.accuracyToCover = accuracyToCover
    return wanted
  }
}
