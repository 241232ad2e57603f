// The errors of predictions and their messages. RowProblem.swift has those of single rows.
import ByteIO
import TensorStream

/// The reason why predictions cannot be written or read.
public enum PredictionError: Failure, Equatable {
  // Errors in writing.
  case notPredictions
  case classNameCount(names: Int, classes: Int)
  case topOutOfRange(top: Int, classes: Int)
  case labelOutOfRange(record: Int, label: Int, classes: Int)
  case notFinite(record: Int)
  // Errors in reading.
  case empty(name: String)
  case images(name: String)
  case columnsOfNoTable(name: String, PredictionFormat)
  /// The input is of another kind.
  case foreign(name: String, found: FoundContent)
  case jsonArray(name: String)
  case givenClassCount(name: String, given: Int, found: Int)
  case givenClassesDiffer(name: String, ClassDifference)
  case row(RowPlace, RowProblem)
  // Errors in reading true classes.
  case notTruth(name: String, found: FoundContent)
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
      "expected 1 to \(classes) classes per row, since the model has \(classes), got \(top)"
    case .labelOutOfRange(let record, let label, let classes):
      "record \(record): its label is \(label), but the model has the classes 0 to \(classes - 1)"
    case .notFinite(let record):
      "record \(record): the model returned a probability that is not finite; its weights may have diverged"
    case .empty(let name):
      "\(name): expected predictions, found no bytes at all; did the command that writes them fail?"
    case .columnsOfNoTable(let name, let format):
      "\(name): the columns that were given are for TSV or CSV, but this is"
        + " \(format == .raw ? "a tensor stream" : "JSON Lines")"
    case .images(let name):
      "\(name): expected predictions, found images"
    case .foreign(let name, let found):
      "\(name): expected predictions as text or as a tensor stream, found \(found)"
    case .jsonArray(let name):
      "\(name): expected predictions, found a JSON array; write JSON Lines, one object per line, as \"jq -c '.[]'\" does"
    case .givenClassCount(let name, let given, let found):
      "\(name): \(given) class \(given == 1 ? "name was" : "names were") given for predictions of \(found) classes"
    case .givenClassesDiffer(let name, let difference):
      "\(name): \(difference.words("the given list"))"
    case .row(let place, let problem): "\(place): \(problem)"
    case .notTruth(let name, let found):
      "\(name): expected true classes as TSV, CSV or a labelled tensor stream, found \(found)"
    case .truthLacksFields(let name):
      "\(name): expected records with labels and names to join by, found a stream without them"
    case .truthTwice(let place, let record, let first, let count):
      "\(place): '\(record)' already has its true class in \(first); in all, \(count)"
        + " \(count == 1 ? "row repeats a name" : "rows repeat names"), but each name may appear only once"
    case .noTruths(let name): "\(name): expected the true class of at least one record, found none"
    }
  }
}

/// A place in predictions: `stdin: line 12, column truth`.
public struct RowPlace: Equatable, Sendable, CustomStringConvertible {
  public enum Row: Equatable, Sendable, CustomStringConvertible {
    /// A line, counted from 1, including the header.
    case line(Int)
    /// A record of a tensor stream, counted from 0.
    case record(Int)

    public var description: String {
      switch self {
      case .line(let number): "line \(number)"
      case .record(let number): "record \(number)"
      }
    }
  }
  /// The input's name in messages.
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
