// A prediction as it is read from any format, the interface of the three readers of rows (of delimited text, JSON Lines
// and tensor streams), and the parsing of names and probabilities that they share.
import ByteIO

/// The prediction of one record. Classes are indices into the reader's ``ClassTable``.
public struct PredictionRow: Equatable, Sendable {
  /// The record's name in its displayed form; empty if the input has no names.
  public var name: [UInt8] = []
  /// The record's number in the input; `nil` if the input has no number here.
  public var record: Int?
  /// The true class; `nil` if the input has none.
  public var truth: Int?
  /// The predicted class; `nil` if the field is empty: the model abstained because its probability was below the
  /// threshold.
  public var predicted: Int?
  /// The predicted class's probability; `nil` if the input has none.
  public var probability: Float?
  /// The classes after the predicted one, the likeliest first, as far as the input names them.
  public var runnersUp: [Int] = []
  /// The probability of each class; empty unless the input has them all.
  public var probabilities: [Float] = []
  /// The natural logarithms of `probabilities`, precise even where these underflow to 0; empty if the input has none.
  public var logarithms: [Float] = []

  /// Whether the row is for a file without a prediction; the column `error` then says why.
  public var isUnanswered = false

  public init() {}

  /// Clears everything but the name, the record's number and `isUnanswered`.
  mutating func clear() {
    (truth, predicted, probability) = (nil, nil, nil)
    runnersUp.removeAll(keepingCapacity: true)
    probabilities.removeAll(keepingCapacity: true)
    logarithms.removeAll(keepingCapacity: true)
  }
}

/// The columns that an input has.
public struct PredictionColumns: Equatable, Sendable {
  public var hasNames = false
  /// Whether the input numbers its records.
  public var hasRecords = false
  public var hasTruth = false
  /// Whether rows have the predicted class's probability.
  public var hasProbability = false
  /// Whether rows have the probabilities of all classes.
  public var hasProbabilities = false
  /// Whether the input has logarithms of probabilities, from which the probabilities are computed.
  public var isLogarithmic = false
  /// Whether rows may have an error instead of a prediction.
  public var hasErrors = false
  /// The number of classes that a row names, the likeliest first.
  public var rankCount = 1
}

// MARK: - The readers of rows

/// Reads the rows of one format.
protocol RowSource: AnyObject {
  var columns: PredictionColumns { get }
  /// Whether the input names its classes; known at the end of the input.
  var namesClasses: Bool { get }
  /// The place of the latest row.
  var place: RowPlace { get }
  /// Reads the next row. Returns `false` at the end of the input. `probability` and `probabilities` are as in the
  /// input: if this has logarithms, they are logarithms.
  func next(_ row: inout PredictionRow, _ classes: inout ClassTable) throws -> Bool
}

extension RowSource {
  var namesClasses: Bool { true }
}

// MARK: - Values

/// Escapes control characters and invalid UTF-8 in a name that should be in its displayed form: other tools may have
/// let them through. Backslashes stay as they are, since they may begin escapes.
func cleaned(_ name: some Collection<UInt8>) -> [UInt8] {
  if name.allSatisfy({ 0x20..<0x7F ~= $0 }) { return Array(name) }
  var clean: [UInt8] = []
  for (index, part) in name.split(separator: UInt8(ascii: "\\"), omittingEmptySubsequences: false)
    .enumerated()
  {
    if index > 0 { clean.append(UInt8(ascii: "\\")) }
    appendDisplayed(part, to: &clean)
  }
  return clean
}

/// Whether a probability, or its logarithm, exceeds one that should be at least as large, by more than rounding
/// explains.
func isAbove(_ value: Float, _ other: Float) -> Bool { value - other > 1e-5 * max(1, other.magnitude) }

/// Parses a probability in text: a plain decimal number from 0 to 1, with or without an exponent. A logarithm must be
/// finite and at most 0.
func probability(_ text: some Collection<UInt8>, _ scale: PredictionColumn.Scale) throws(RowProblem) -> Float
{
  // Swift's parser also accepts `nan` and `0x1p-2`.
  let isPlain = text.allSatisfy { byte in
    switch byte {
    case 0x30...0x39, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"): true
    case UInt8(ascii: "e"), UInt8(ascii: "E"): true
    default: false
    }
  }
  let string = String(decoding: text, as: UTF8.self)
  let value = isPlain ? Float(string) : nil
  switch scale {
  case .plain:
    guard let value, 0...1 ~= value else { throw .notAProbability(string) }
    return value
  case .logarithmic:
    // -1e99 overflows to infinity.
    guard let value, value <= 0, value.isFinite else { throw .notALogarithm(string) }
    return value
  }
}
