// The errors of choosing records and of joining them with predictions, and their messages.
import ByteIO
import Predictions

/// Why the images of a sheet cannot be found.
public enum SelectionError: Failure, Equatable {
  // Errors of the selection.
  case noKeys(name: String)
  case noNumber(RowPlace)
  case noNumberFor(name: String, record: String)
  case noNames(name: String)
  case twice(name: String, record: String)
  case missing(name: String, stream: String, count: Int, record: String)
  case ambiguous(stream: String, record: String)
  // Errors of the stream.
  case predictions(name: String)
  case tooMany(name: String, limit: Int)
  // Errors of predictions, or of a selection, that do not fit the stream.
  case unpredicted(name: String, stream: String, count: Int, record: String)
  case otherCount(name: String, rows: Int, stream: String, records: Int)
  case otherTruth(RowPlace, record: String, truth: String, label: String, stream: String)
  case twoLabels(RowPlace, truth: String, labels: [Int], stream: String)
  case twoTruths(RowPlace, label: Int, truths: [String], stream: String)
  case numberForName(RowPlace, number: String, stream: String)
  case numbersAndNames(RowPlace, truthsAreNumbers: Bool, stream: String)

  public var kind: FailureKind {
    if case .tooMany = self { .usage } else { .badData }
  }

  public var description: String {
    switch self {
    case .noKeys(let name):
      "\(name): expected a column 'record' or 'name' that identifies the records"
    case .noNumber(let place): "\(place), column record: expected the number of a record, counted from 0"
    case .noNumberFor(let name, let record):
      "\(name): \(record) has no number in the column 'record', and the records of the stream have no names"
    case .noNames(let name):
      "\(name): the table names records, but the records of the stream have no names; add a column 'record' with their numbers"
    case .twice(let name, let record): "\(name): \(record) comes twice"
    case .missing(let name, let stream, let count, let record):
      "\(name): \(count == 1 ? "\(record) is" : "\(count) records, such as \(record), are") not in \(stream);"
        + " select from the stream that was predicted"
    case .ambiguous(let stream, let record):
      "\(stream): two records are named \(record), so the name does not identify a record"
    case .predictions(let name):
      "\(name): expected images, found predictions; give the stream that fm-predict read instead"
    case .tooMany(let name, let limit):
      "\(name): expected at most \(grouped(limit)) images, found more"
    case .unpredicted(let name, let stream, let count, let record):
      "\(name): has no prediction for \(count == 1 ? record : "\(count) records, such as \(record),") of \(stream)"
    case .otherCount(let name, let rows, let stream, let records):
      "\(name): expected a prediction for each of the \(grouped(records)) records of \(stream), found \(grouped(rows));"
        + " are they of another stream?"
    case .otherTruth(let place, let record, let truth, let label, let stream):
      "\(place): the true class of \(record) is '\(displayed(truth))' here, but '\(displayed(label))' in \(stream);"
        + " does the table belong to another stream?"
    case .twoLabels(let place, let truth, let labels, let stream):
      "\(place): the true class '\(displayed(truth))' has the label \(labels[1]) in \(stream), but \(labels[0]) in an"
        + " earlier row; does the table belong to another stream?"
    case .twoTruths(let place, let label, let truths, let stream):
      "\(place): the label \(label) of \(stream) has the true class '\(displayed(truths[1]))' here, but"
        + " '\(displayed(truths[0]))' in an earlier row; does the table belong to another stream?"
    case .numberForName(let place, let number, let stream):
      "\(place): found the number \(number) as a class, expected one of the names that \(stream) has"
    case .numbersAndNames(let place, let truthsAreNumbers, _):
      "\(place): found \(truthsAreNumbers ? "a number as true class and a name" : "a name as true class and a number")"
        + " as predicted class, which cannot be compared"
    }
  }
}
