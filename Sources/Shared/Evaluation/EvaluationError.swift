// Why predictions cannot be judged, and how it reads.
import ByteIO
import JSON
import Predictions

/// Why predictions cannot be judged.
public enum EvaluationError: Failure, Equatable {
  case noTruth(name: String)
  case noRows(name: String)
  case recordNumber(RowPlace)
  case metricAbsent(Metric, in: String?)
  case baselineMissing(Metric)
  // The baseline.
  case notAReport(name: String)
  case malformedReport(name: String, JSONError)
  case reportedConfusion(name: String)
  case noProbabilities(name: String)
  case notInBaseline(RowPlace, record: String, baseline: String)
  case twice(RowPlace, record: String)
  case missingHere(baseline: String, count: Int, record: String)
  case otherTruth(RowPlace, truth: String, baselineTruth: String, baseline: String)

  public var kind: FailureKind {
    if case .baselineMissing = self { .usage } else { .badData }
  }

  public var description: String {
    switch self {
    case .noTruth(let name):
      "\(name): the predictions have no true classes to compare with; label the records before they are"
        + " predicted: 'idx2raw IMAGES LABELS | fm-predict …'"
    case .noRows(let name): "\(name): expected at least one prediction, found a header without rows"
    case .recordNumber(let place):
      "\(place), column record: expected the record's number, from 0, which --wrong is to write; found something else"
    case .metricAbsent(let metric, let report):
      "the gate on '\(displayed(metric.description))' cannot be judged"
        + (report.map { " against \($0)" } ?? "") + ": \(metric.reasonForAbsence)"
    case .baselineMissing(let metric):
      "--max-drop '\(displayed(metric.description))' needs --baseline FILE to compare with"
    case .notAReport(let name):
      "\(name): expected predictions or a report of 'fm-eval --format json', found other JSON"
    case .malformedReport(let name, let error):
      "\(name): expected predictions or a report of 'fm-eval --format json': \(error)"
    case .reportedConfusion(let name):
      "\(name): expected in the report a matrix \"confusion\" whose counts add up to \"records\", with a class for each"
        + " row; write it anew with 'fm-eval --format json'"
    case .noProbabilities(let name):
      "\(name): the predictions have no probabilities to compare with; write them with fm-predict, in any format"
    case .notInBaseline(let place, let record, let baseline):
      "\(place): \(record) is not in \(baseline); a baseline must have predicted the same records"
    case .twice(let place, let record):
      "\(place): \(record) comes twice; records of one name cannot be compared with a baseline"
    case .missingHere(let baseline, let count, let record):
      "\(baseline): \(count) records, such as \(record), are not among the predictions;"
        + " a baseline must have predicted the same records"
    case .otherTruth(let place, let truth, let baselineTruth, let baseline):
      "\(place): the true class is '\(displayed(truth))', but '\(displayed(baselineTruth))' in \(baseline);"
        + " a baseline must have predicted the same records"
    }
  }
}
