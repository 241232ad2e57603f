// What can be wrong with predictions, and how it reads.
import ByteIO

/// Why predictions cannot be written or read.
public enum PredictionError: Failure, Equatable {
  // Writing
  case notPredictions
  case classNameCount(names: Int, classes: Int)
  case topOutOfRange(top: Int, classes: Int)
  case labelOutOfRange(record: Int, label: Int, classes: Int)
  case notFinite(record: Int)

  public var kind: FailureKind {
    switch self {
    case .notPredictions, .classNameCount: .badData
    case .topOutOfRange: .usage
    case .labelOutOfRange, .notFinite: .badData
    }
  }

  public var description: String {
    switch self {
    case .notPredictions: "expected records of predictions, found images"
    case .classNameCount(let names, let classes):
      "\(names) class names for predictions of \(classes) classes"
    case .topOutOfRange(let top, let classes):
      "expected between 1 and \(classes) classes a row, as many as there are, got \(top)"
    case .labelOutOfRange(let record, let label, let classes):
      "record \(record): its label is \(label), but the model knows the classes 0 to \(classes - 1)"
    case .notFinite(let record):
      "record \(record): the model gives a probability that is no number; its weights may have diverged"
    }
  }
}
