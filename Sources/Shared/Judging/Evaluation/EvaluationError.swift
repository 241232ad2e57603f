// The errors of judging predictions, and their messages.
import ByteIO
import JSON
import Predictions
import TensorStream

/// A baseline in messages.
public struct BaselinePlace: Equatable, Sendable {
  public let name: String
  /// Whether the baseline is a report, not predictions.
  public let isReport: Bool

  package init(name: String, isReport: Bool) { (self.name, self.isReport) = (name, isReport) }
}

/// The reason why predictions cannot be judged.
public enum EvaluationError: Failure, Equatable {
  case noTruth(name: String)
  case noRows(name: String)
  case allUnanswered(name: String, count: Int)
  case classesNeverMeet(name: String, truths: [String], predictions: [String], ClassDisagreement)
  /// Some classes are numbers, the others names.
  case mixedClasses(name: String, numbers: [String], names: [String])
  /// Two class names that people would take for one class. The second may be from another report.
  case lookalikes(name: String, String, String, Likeness, in: String?)
  case report(name: String)
  case recordNumber(RowPlace)
  // True classes from a separate file.
  case ownTruth(name: String)
  case noNames(name: String)
  case truthClass(file: String, record: String, RowProblem, needsClasses: Bool)
  case unmatched(
    predictions: String, truths: String, withoutTruth: UnmatchedNames, notPredicted: UnmatchedNames,
    twice: UnmatchedNames)
  case otherClasses(predictions: String, truths: String)
  case nothingJoined(name: String)
  // Merging.
  case notMergeable(name: String, JSONError?)
  case reportMember(name: String, key: String, expected: String)
  /// A figure that does not follow from the report's own counts.
  case contradiction(name: String, key: String, expected: String)
  case reportClass(name: String, RowProblem)
  /// The names that were given make one class of two in a report.
  case classesJoined(name: String)
  case numbersAndNames(numbered: String, named: String)
  /// The report lacks the metric or, if that is given, the baseline.
  case metricAbsent(Metric, BaselinePlace?)
  /// The baseline's metric was computed with other settings, which are given in words.
  case metricDiffers(Metric, in: String, String)
  case classAbsent(Metric, name: String, names: [String])
  case baselineMissing(Metric)
  // The baseline.
  case notAReport(name: String)
  case columnsOfReport(name: String)
  /// Not JSON.
  case foreignReport(name: String, found: FoundContent)
  case malformedReport(name: String, JSONError)
  case baselineClasses(baseline: String, ClassDifference)
  case noProbabilities(name: String)
  /// Thresholds cannot be chosen without the probabilities of all classes.
  case noScores(name: String)
  case thresholdsNeedClasses(name: String, ThresholdError)
  case notInBaseline(RowPlace, record: String, baseline: String)
  case twice(RowPlace, record: String)
  case missingHere(baseline: String, count: Int, record: String)
  /// The number of records differs from the first model's.
  case otherRecordCount(name: String, Int, first: String, Int)
  case otherTruth(RowPlace, truth: String, baselineTruth: String, baseline: String)

  public var kind: FailureKind {
    switch self {
    case .baselineMissing, .classAbsent: .usage
    default: .badData
    }
  }

  public var description: String {
    switch self {
    case .noTruth(let name):
      "\(name): the predictions have no true classes to compare with"
    case .noRows(let name): "\(name): expected at least one prediction, found a header without rows"
    case .allUnanswered(let name, let count):
      "\(name): expected at least one prediction, found \(grouped(count)) \(count == 1 ? "file that gave" : "files that gave")"
        + " none; the column 'error' says why"
    case .classesNeverMeet(let name, let truths, let predictions, let way):
      "\(name): no predicted class is a true class; true: \(Self.listed(truths)), predicted:"
        + " \(Self.listed(predictions))" + (way.words.map { "; \($0)" } ?? "")
    case .mixedClasses(let name, let numbers, let names):
      "\(name): some classes are numbers, \(Self.listed(numbers)), and others names, \(Self.listed(names))"
    case .lookalikes(let name, let one, let other, let likeness, let report):
      "\(name): the classes '\(displayed(one))' and '\(displayed(other))'"
        + (report.map { " of \($0)" } ?? "")
        + " differ only in \(likeness.rawValue)"
    case .report(let name):
      "\(name): expected predictions, found a JSON report of fm-eval"
    case .recordNumber(let place):
      "\(place), column record: expected the record's number, a whole number from 0, found something else"
    case .ownTruth(let name):
      "\(name): the predictions already have true classes"
    case .noNames(let name):
      "\(name): expected predictions with names, for joining true classes to them, found none"
    case .truthClass(let file, let record, let problem, let needsClasses):
      "\(file): '\(record)': \(problem)"
        + (needsClasses ? "; a stream of predictions names classes too late" : "")
    case .unmatched(let predictions, let truths, let withoutTruth, let notPredicted, let twice):
      "\(predictions): expected the names of \(truths), each once: "
        + Self.listed(withoutTruth: withoutTruth, notPredicted: notPredicted, twice: twice)
    case .otherClasses(let predictions, let truths):
      "\(truths): expected the classes of \(predictions) in the same order, found others; labels are class numbers"
    case .nothingJoined(let name): "\(name): expected at least one prediction with a true class, found none"
    case .notMergeable(let name, let error):
      "\(name): expected a JSON report of fm-eval"
        + (error.map { ": \($0)" } ?? ", found other JSON")
    case .reportMember(let name, let key, let expected):
      "\(name): \(key): expected \(expected)"
    case .contradiction(let name, let key, let expected):
      "\(name): \(displayed(key)): expected \(displayed(expected)); the report contradicts itself"
    case .reportClass(let name, let problem): "\(name): classes: \(problem)"
    case .classesJoined(let name):
      "\(name): classes: expected classes that the given names distinguish, found two with one name"
    case .numbersAndNames(let numbered, let named):
      "\(numbered): its classes are numbers, but those of \(named) are names"
    case .metricAbsent(let metric, let baseline):
      "the gate on '\(displayed(metric.description))' cannot be judged"
        + (baseline.map { " against \($0.name)" } ?? "") + ": \(metric.absence.words)"
    case .metricDiffers(let metric, let baseline, let words):
      "the gate on '\(displayed(metric.description))' cannot be judged against \(baseline): \(words)"
    case .classAbsent(let metric, let name, let names):
      "the gate on '\(displayed(metric.description))' cannot be judged: there is no class '\(displayed(name))' among"
        + " \(Self.listed(names))"
    case .baselineMissing(let metric):
      "the gate on '\(displayed(metric.description))' cannot be judged: a drop needs a baseline to compare with"
    case .notAReport(let name):
      "\(name): expected predictions or a JSON report of fm-eval, found other JSON"
    case .columnsOfReport(let name):
      "\(name): the columns that were given are for TSV or CSV, but this is a report"
    case .foreignReport(let name, let found):
      "\(name): expected a JSON report of fm-eval, found \(found)"
    case .malformedReport(let name, let error):
      "\(name): expected predictions or a JSON report of fm-eval: \(error)"
    case .baselineClasses(let baseline, let difference):
      "\(baseline): \(difference.words("the predictions")); a baseline must have judged the same classes"
    case .noProbabilities(let name):
      "\(name): expected predictions with probabilities, as fm-predict writes them in any format, found none"
    case .noScores(let name):
      "\(name): choosing thresholds needs the probabilities of all classes, found none"
    case .thresholdsNeedClasses(let name, let error):
      "\(error); the stream \(name) names its classes too late"
    case .notInBaseline(let place, let record, let baseline):
      "\(place): \(record) is not in \(baseline); a baseline must have predicted the same records"
    case .twice(let place, let record):
      "\(place): \(record) comes twice; each record can be compared with a baseline only once"
    case .missingHere(let baseline, let count, let record):
      "\(baseline): \(count == 1 ? "\(record) is" : "\(grouped(count)) records, such as \(record), are") not among the predictions;"
        + " a baseline must have predicted the same records"
    case .otherRecordCount(let name, let count, let first, let wanted):
      "\(name): expected \(wanted) records, as many as in \(first), found \(count); models are compared on the same records"
    case .otherTruth(let place, let truth, let baselineTruth, let baseline):
      "\(place): the true class is '\(displayed(truth))', but '\(displayed(baselineTruth))' in \(baseline);"
        + " a baseline must have predicted the same records"
    }
  }

  /// Lists the first five classes, and counts the others.
  private static func listed(_ names: [String]) -> String {
    shortList(names, atMost: 5) { "'\(shortened(displayed($0), to: 40))'" }
  }

  /// Describes the names without a counterpart.
  private static func listed(
    withoutTruth: UnmatchedNames, notPredicted: UnmatchedNames, twice: UnmatchedNames
  ) -> String {
    let parts: [(UnmatchedNames, String, String)] = [
      (withoutTruth, "prediction has no true class", "predictions have no true class"),
      (notPredicted, "true class was not predicted", "true classes were not predicted"),
      (twice, "prediction repeats a name", "predictions repeat a name"),
    ]
    let sentences = parts.filter { $0.0.count > 0 }.map { names, one, many in
      "\(grouped(names.count)) \(names.count == 1 ? one : many)"
        + " (\(names.count == 1 ? "" : "the first: ")'\(String(decoding: names.first, as: UTF8.self))')"
    }
    return sentences.joined(separator: ", ")
  }
}
