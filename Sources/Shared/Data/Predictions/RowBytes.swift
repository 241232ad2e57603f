// Writes single values into a row of text.
import ByteIO

/// The bytes of rows that are not yet written, in one buffer that is reused.
struct RowBytes {
  private(set) var bytes: [UInt8] = []

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  mutating func append(_ other: [UInt8]) { bytes.append(contentsOf: other) }

  mutating func append(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(decimal value: Int) { append(short: String(value)) }

  /// Appends the shortest text that parses as the same Float: `0.98`, `1.0`, `3e-05`. It is also a JSON number.
  mutating func append(_ value: Float) { append(short: value.description) }

  /// Appends a short text. Swift stores strings of up to 15 bytes without an allocation.
  private mutating func append(short text: String) {
    var text = text
    text.withUTF8 { bytes.append(contentsOf: $0) }
  }

  /// Appends the displayed form of a name as a field of `format`.
  mutating func append(name: [UInt8], as format: PredictionFormat) {
    let start = bytes.count
    if format == .csv, FormulaGuard.isNeeded(name) { bytes.append(UInt8(ascii: "'")) }
    appendDisplayed(name, to: &bytes)
    quote(from: start, as: format)
  }

  /// Quotes the bytes from `start` on if `format` requires it. They are displayed text: valid UTF-8 without control
  /// characters.
  private mutating func quote(from start: Int, as format: PredictionFormat) {
    switch format {
    case .tsv, .raw: break
    case .csv:
      let special = bytes[start...].contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }
      if special { enclose(from: start, escaping: [UInt8(ascii: "\"")], by: UInt8(ascii: "\"")) }
    case .jsonl:
      let escaped = [UInt8(ascii: "\""), UInt8(ascii: "\\")]
      enclose(from: start, escaping: escaped, by: UInt8(ascii: "\\"))
    }
  }

  private mutating func enclose(from start: Int, escaping escaped: [UInt8], by escape: UInt8) {
    let plain = Array(bytes[start...])
    bytes.removeSubrange(start...)
    bytes.append(UInt8(ascii: "\""))
    for byte in plain {
      if escaped.contains(byte) { bytes.append(escape) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
