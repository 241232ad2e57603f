// The interface of the three readers of rows: of delimited text, of JSON Lines, and of tensor streams.

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
