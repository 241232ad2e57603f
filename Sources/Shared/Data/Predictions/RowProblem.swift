// The errors of single rows of predictions and their messages.
import ByteIO
import JSON

/// The reason why a row is refused.
public enum RowProblem: Error, Equatable, Sendable {
  // Errors of lines and fields.
  case lineTooLong(limit: Int)
  case lineNotEnded
  case writerFailed(String)
  case fieldCount(expected: Int, found: Int)
  case quoteNotClosed
  case textBehindQuote
  // Errors of the header.
  case columnMissing(String, found: [String])
  case columnTwice
  case rowForHeader(String)
  case columnsContradicted(given: [String], found: [String])
  case twoScales(String, String)
  case otherHeader(expected: [String], found: [String])
  case truthMissing(found: [String])
  case truthIsPredicted
  // Errors of JSON objects.
  case notJSON(JSONError)
  case notAnObject
  case keyMissing(String)
  case labelUnexpected
  // Errors of values.
  case labelEmpty
  case labelUnknown(String, classCount: Int, areGiven: Bool)
  case classTwice(String)
  case tooManyClasses(limit: Int)
  case classWithoutProbability(String)
  case notAProbability(String)
  case notALogarithm(String)
  case probabilitySum(Double)
  // Contradictions within a row.
  case classBesideError(String)
  case rankTwice(String)
  case rankOrder(String, Float, before: Float)
  case probabilityDiffers(String, Float, ofClass: Float)
}

extension RowProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .lineTooLong(let limit): "expected at most \(limit) bytes, found more"
    case .lineNotEnded:
      "the input ends inside the line, as if it had been cut short; if it is whole, end it with a newline"
    case .writerFailed(let message): "the command that wrote this failed: \(Self.oneLine(message))"
    case .fieldCount(let expected, let found):
      "expected \(expected) \(expected == 1 ? "field" : "fields"), one for each column, found \(found)"
    case .quoteNotClosed: "the input ends inside quotes"
    case .textBehindQuote: "expected a separator after the closing quote, found more text"
    case .columnMissing(let column, let found):
      "expected a header with the column '\(column)', found \(Self.list(found))"
    case .columnTwice: "the header has this column twice"
    case .rowForHeader(let cell):
      "expected a header, found what looks like a row, with '\(Self.shown(cell))' twice"
    case .columnsContradicted(let given, let found):
      "found a header, \(Self.list(found)), that contradicts the columns that were given,"
        + " \(Self.list(given.map(Self.columnWord)))"
    case .twoScales(let plain, let logarithmic):
      "expected probabilities or their logarithms, found both: '\(Self.shown(plain))' and"
        + " '\(Self.shown(logarithmic))'"
    case .otherHeader(let expected, let found):
      "found another header, \(Self.list(found)), expected the columns of the first, \(Self.list(expected)); judge"
        + " tables with other columns separately"
    case .truthMissing(let found):
      "expected a header with the column 'truth', 'label' or 'class' (or category, species, target), found"
        + " \(Self.list(found))"
    case .truthIsPredicted:
      "expected true classes, found predictions without them: the column 'class' has a probability"
    case .notJSON(let error): "expected a JSON object: \(error)"
    case .notAnObject: "expected a JSON object, found another value"
    case .keyMissing(let key): "the key \"\(displayed(key))\" is missing; every line needs it"
    case .labelUnexpected: "expected a string or an index"
    case .labelEmpty: "expected a class, found nothing"
    case .labelUnknown(let label, let count, let areGiven):
      "'\(Self.shown(label))' is not one of the \(count) classes that "
        + (areGiven ? "were given" : "have probabilities")
    case .classTwice(let label): "the class '\(Self.shown(label))' has two probabilities"
    case .tooManyClasses(let limit): "found more than \(limit) classes; is this the column of classes?"
    case .classWithoutProbability(let label): "the class '\(Self.shown(label))' has no probability"
    case .notAProbability(let text): "expected a number from 0 to 1, found '\(Self.shown(text))'"
    case .notALogarithm(let text):
      "expected the logarithm of a probability, a number of at most 0, found '\(Self.shown(text))'"
    case .classBesideError(let error):
      "found a class and an error, '\(Self.shown(error))'; a row has only one of them"
    case .rankTwice(let label): "the row has the class '\(Self.shown(label))' twice"
    case .rankOrder(let column, let value, let before):
      "\(column) is \(value), above the \(before) of the class before it; expected the likeliest class first"
    case .probabilityDiffers(let label, let value, let own):
      "the class '\(Self.shown(label))' has the probability \(value), but \(own) among the probabilities of all classes"
    case .probabilitySum(let sum): "expected probabilities that add up to 1, found a sum of \(sum)"
    }
  }

  /// Whether the header lacks the column that all tables have, so that the first line may be a row.
  public var suggestsNoHeader: Bool {
    if case .columnMissing(PredictionColumn.label(1), _) = self { true } else { false }
  }

  /// Returns the word for a column as users write it in a list of titles.
  private static func columnWord(_ title: String) -> String { ColumnTitles.isPassedOver(title) ? "-" : title }

  private static func list(_ columns: [String]) -> String {
    shortList(columns, atMost: 8) { "'\(shown($0))'" }
  }

  /// Escapes a message that another program may have written without escapes.
  private static func oneLine(_ text: String) -> String {
    String(decoding: cleaned(text.utf8), as: UTF8.self)
  }

  /// Returns at most 40 characters of a value.
  private static func shown(_ value: String) -> String { displayedBeginning(of: value, limit: 40) }
}
