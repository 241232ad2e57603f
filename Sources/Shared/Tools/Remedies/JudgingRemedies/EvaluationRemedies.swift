// What to type if predictions cannot be judged.
import ByteIO
import CommandLine
import Evaluation

extension EvaluationError: Remediable {
  public var remedy: String? {
    switch self {
    case .noTruth:
      "label the records before you predict them: 'idx2raw IMAGES LABELS | fm-predict …', or give 'fm-eval --truth FILE'"
        + " a file of true classes"
    case .classesNeverMeet(_, _, _, let way): way.remedy
    case .mixedClasses:
      "were a table by name and one by index concatenated? List all classes in a file, one name per line in the order of"
        + " their numbers, and give it with --classes"
    case .lookalikes:
      "spell them the same or, if they are two classes, list all classes with --classes"
    case .recordNumber: "--wrong, --html and --baseline need the numbers"
    case .ownTruth: "leave out --truth, or their column 'truth'"
    case .unmatched(_, _, _, _, let twice):
      // Repeated names are not gaps that --missing skip covers; they remain an error.
      twice.count == 0 ? "leave them out with --missing skip" : nil
    case .truthClass(_, _, _, needsClasses: true), .thresholdsNeedClasses: "name them with --classes"
    case .truthClass(_, _, let problem, _), .reportClass(_, let problem): knownRemedy(for: problem)
    case .classesJoined: "give other names with --classes"
    case .numbersAndNames: "name them all with --classes"
    case .columnsOfReport: "leave out --columns"
    case .baselineClasses: "if they have other names there, list them with --classes"
    case .metricAbsent(let metric, let baseline):
      metric.absence.need.map { baseline?.isReport == true ? Self.sameOptions : $0.remedy }
    case .metricDiffers: Self.sameOptions
    case .baselineMissing: "give it with --baseline"
    case .noScores: MetricAbsence.Need.probabilities.remedy
    default: reportRemedy
    }
  }

  /// What to type about a file that is not a report, or not where a report can be.
  private var reportRemedy: String? {
    switch self {
    case .report: "give the predictions, or read reports with 'fm-eval --merge'"
    case .notMergeable, .notAReport, .malformedReport: Self.writer
    case .foreignReport(_, let found): found.remedy(or: Self.writer)
    case .reportMember: "is it a complete report of 'fm-eval --format json'?"
    case .contradiction: "make it again with 'fm-eval --format json'"
    default: nil
    }
  }

  private static let sameOptions =
    "make that report again with the options of this run, or give its predictions as --baseline"
  private static let writer = "'fm-eval --format json' writes such reports"
}

extension ClassDisagreement {
  /// What to type if true and predicted classes have no name in common.
  fileprivate var remedy: String {
    switch self {
    case .numbersAndNames: "use --classes to say which number is which name"
    case .spelling: "spell them the same, or list them all with --classes"
    case .others: "if they really are different classes, list them all with --classes"
    }
  }
}

extension MetricAbsence.Need {
  /// What gives a report the metric. The report may have some of it already, so that these are statements.
  fileprivate var remedy: String {
    switch self {
    case .probabilities: "add --probabilities or --format raw to fm-predict"
    case .ranks: "add --top or --probabilities to fm-predict"
    case .bootstrap: "--interval bootstrap computes such intervals"
    case .accuracyToCover: "--coverage-at gives the accuracy"
    case .answered: "a report has it with --thresholds, or with a gate on it"
    case .costs: "--costs gives the table"
    }
  }
}

extension EvaluationNote {
  /// The note with what to type, in one line.
  public var line: String { withRemedy(description, remedy) }

  private var remedy: String? {
    switch self {
    case .text: nil
    case .noAreas: MetricAbsence.Need.probabilities.remedy
    case .reportAmongModels(_, first: nil):
      "the others are tested only if they are reports that were made with its predictions as --baseline"
    case .reportAmongModels(_, let first?):
      "for a test, give its predictions, or a report that was made with those of \(first) as --baseline"
    }
  }
}
