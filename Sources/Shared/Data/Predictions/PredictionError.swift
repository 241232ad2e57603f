// What can be wrong with predictions. How a line can be wrong is in RowProblem.swift.
import ByteIO
import TensorStream

/// Why predictions cannot be written or read.
public enum PredictionError: Failure, Equatable {
  // Writing.
  case notPredictions
  case classNameCount(names: Int, classes: Int)
  case topOutOfRange(top: Int, classes: Int)
  case labelOutOfRange(record: Int, label: Int, classes: Int)
  case notFinite(record: Int)
  // Reading.
  case empty(name: String)
  case images(name: String)
  case columnsOfNoTable(name: String, PredictionFormat)
  /// `found` are words for it, with a remedy.
  case foreign(name: String, found: String)
  case jsonArray(name: String)
  case givenClassCount(name: String, given: Int, found: Int)
  case givenClassesDiffer(name: String, ClassDifference)
  case row(RowPlace, RowProblem)
  // Reading true classes.
  case notTruth(name: String, found: String)
  case truthLacksFields(name: String)
  case truthTwice(RowPlace, record: String, first: RowPlace.Row, count: Int)
  case noTruths(name: String)

  public var kind: FailureKind {
    if case .topOutOfRange = self { .usage } else { .badData }
  }

  public var description: String {
    switch self {
    case .notPredictions: "expected records of predictions, found images"
    case .classNameCount(let names, let classes):
      "\(names) class names for predictions of \(classes) classes"
    case .topOutOfRange(let top, let classes):
      "expected 1 to \(classes) classes a row, as many as the model knows, got \(top)"
    case .labelOutOfRange(let record, let label, let classes):
      "record \(record): its label is \(label), but the model knows the classes 0 to \(classes - 1)"
    case .notFinite(let record):
      "record \(record): the model gives a probability that is no number; its weights may have diverged"
    case .empty(let name):
      "\(name): expected predictions, found no bytes at all; did the command that writes them fail?"
    case .columnsOfNoTable(let name, let format):
      "\(name): --columns is about TSV and CSV, and this is \(format == .raw ? "a tensor stream" : "JSON Lines")"
    case .images(let name):
      "\(name): expected predictions, found images; put 'fm-predict --model MODEL' before this command"
    case .foreign(let name, let found):
      "\(name): expected predictions as text or as a tensor stream, found \(found)"
    case .jsonArray(let name):
      "\(name): expected predictions, found a JSON array; write JSON Lines, an object a line, as \"jq -c '.[]'\" does"
    case .givenClassCount(let name, let given, let found):
      "\(name): \(given) class \(given == 1 ? "name was" : "names were") given for predictions of \(found) classes"
    case .givenClassesDiffer(let name, let difference):
      "\(name): \(difference.words("--classes")); leave --classes out, for the stream names its classes"
    case .row(let place, let problem): "\(place): \(problem)"
    case .notTruth(let name, let found):
      "\(name): expected true classes as TSV, CSV or a labelled tensor stream, found \(found)"
    case .truthLacksFields(let name):
      "\(name): expected records with labels and names to join by, found a stream without them"
    case .truthTwice(let place, let record, let first, let count):
      "\(place): '\(record)' has its true class in \(first) already; \(count) in all"
        + " \(count == 1 ? "repeats a name" : "repeat names"), and each may be there once"
    case .noTruths(let name): "\(name): expected the true class of at least one record, found none"
    }
  }
}

/// Where in predictions something is: `stdin: line 12, column truth`.
public struct RowPlace: Equatable, Sendable, CustomStringConvertible {
  public enum Row: Equatable, Sendable, CustomStringConvertible {
    /// Counted from 1; the header is a line too.
    case line(Int)
    /// Counted from 0.
    case record(Int)

    public var description: String {
      switch self {
      case .line(let number): "line \(number)"
      case .record(let number): "record \(number)"
      }
    }
  }
  /// What messages call the input.
  public var name: String
  public var row: Row
  public var column: String?

  public init(name: String, row: Row, column: String? = nil) {
    self.name = name
    self.row = row
    self.column = column
  }

  public var description: String {
    "\(name): \(row)" + (column.map { ", column \(displayed($0))" } ?? "")
  }
}
