// Errors in the input of an audit, as opposed to its findings, and their messages.

import ByteIO
import Predictions
import TensorStream

/// The reason why an audit cannot be made.
public enum AuditError: Failure, Equatable {
  // Streams.
  case predictions(name: String)
  case otherShape(name: String, found: ImageShape, first: String, wanted: ImageShape)
  case otherClasses(name: String, ClassDifference, first: String)
  case labelWithoutName(name: String, label: Int, classCount: Int, first: String)
  case tooManyRecords(limit: Int)
  case tooMuchToKeep(name: String, limit: Int)
  case changed(name: String)
  // Predictions.
  case noLabels(name: String, predictions: String)
  case noProbabilities(name: String)
  case unanswered(RowPlace)
  case noNumber(RowPlace)
  case otherCount(name: String, rows: Int, stream: String, records: Int)
  case unknownRecord(RowPlace, record: String, stream: String)
  case recordTwice(RowPlace, record: String)
  case ambiguousName(name: String, stream: String, record: String)
  case otherTruth(RowPlace, record: String, truth: String, label: String, stream: String)
  case otherPredictedClasses(name: String, ClassDifference, stream: String)
  case classCountDiffers(name: String, classes: Int, stream: String, labels: Int)
  // Gates, and kinds that were asked for.
  case gateWithoutLabels(String)
  case kindWithoutLabels(FindingKind)

  public var kind: FailureKind { if case .changed = self { .inputOutput } else { .badData } }

  public var description: String {
    switch self {
    case .predictions(let name):
      "\(name): expected images, found predictions"
    case .otherShape(let name, let found, let first, let wanted):
      "\(name): expected images of \(wanted.text) like those of \(first), found \(found.text); audit streams of one"
        + " shape together"
    case .otherClasses(let name, let difference, let first):
      "\(name): \(difference.words(first)); audit streams of the same classes together"
    case .labelWithoutName(let name, let label, let classCount, let first):
      "\(name): has the label \(label), but \(first) names only \(counted(classCount, "class", plural: "classes"))"
    case .tooManyRecords(let limit): "expected at most \(grouped(limit)) records in all, found more"
    case .tooMuchToKeep(let name, let limit):
      "\(name): streams that cannot be read twice are kept in memory, and there are more than \(wholeMegabytes(limit)) of pixels"
    case .changed(let name): "\(name): the file changed while it was being read"
    case .noLabels(let name, let predictions):
      "\(name): expected labels to compare with \(predictions), found records without labels"
    case .noProbabilities(let name):
      "\(name): expected the probability of every class, found none"
    case .unanswered(let place):
      "\(place): expected a prediction, found a file that gave none; every record needs one"
    case .noNumber(let place): "\(place), column record: expected the number of a record, counted from 0"
    case .otherCount(let name, let rows, let stream, let records):
      "\(name): expected a prediction for each of the \(grouped(records)) records of \(stream), found \(grouped(rows));"
        + " are they of another stream?"
    case .unknownRecord(let place, let record, let stream):
      "\(place): \(record) is not in \(stream); are the predictions of another stream?"
    case .recordTwice(let place, let record):
      "\(place): \(record) already has a prediction; expected one for each record"
    case .ambiguousName(let name, let stream, let record):
      "\(name): two records of \(stream) are named \(record), so names do not say which is meant; expected predictions in"
        + " the order of the stream"
    case .otherTruth(let place, let record, let truth, let label, let stream):
      "\(place): the true class of \(record) is '\(displayed(truth))' here, but '\(displayed(label))' in \(stream);"
        + " are the predictions of another stream?"
    case .otherPredictedClasses(let name, let difference, let stream):
      "\(name): \(difference.words(stream)); expected a probability for each class of the stream"
    case .classCountDiffers(let name, let classes, let stream, let labels):
      "\(name): has probabilities of \(counted(classes, "class", plural: "classes")), but the labels of \(stream) go up"
        + " to \(labels - 1); expected a probability for each"
    case .gateWithoutLabels(let gate):
      "the gate on '\(gate)' cannot be judged: no stream has labels"
    case .kindWithoutLabels(let kind):
      "findings of the kind '\(kind.rawValue)' need labels, and no stream has any"
    }
  }
}
