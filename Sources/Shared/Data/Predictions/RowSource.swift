// What the three readers of rows have in common: delimited text, JSON Lines, records.

/// Rows of one form.
protocol RowSource: AnyObject {
  var columns: PredictionColumns { get }
  /// Whether the input names its classes; known at its end.
  var namesClasses: Bool { get }
  /// Where the row that was read last is.
  var place: RowPlace { get }
  /// Reads the next row, and returns `false` at the end of the input. `probability` and `probabilities` are what the
  /// input has, be it logarithms.
  func next(_ row: inout PredictionRow, _ classes: inout ClassTable) throws -> Bool
}

extension RowSource {
  var namesClasses: Bool { true }
}

/// Whether a probability, or its logarithm, is above one that should not be less, by more than rounding.
func isAbove(_ value: Float, _ other: Float) -> Bool { value - other > 1e-5 * max(1, other.magnitude) }

/// A probability as it is written in text: a plain decimal number from 0 to 1, with or without an exponent; of the
/// logarithmic scale, one of at most 0.
func probability(_ text: some Collection<UInt8>, _ scale: PredictionColumn.Scale) throws(RowProblem) -> Float
{
  // Swift reads more than that: `nan`, `0x1p-2`.
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
    // 1e99 is read as infinity.
    guard let value, value <= 0, value.isFinite else { throw .notALogarithm(string) }
    return value
  }
}
