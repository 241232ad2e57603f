// Splits lines of TSV and CSV into fields.

/// The fields of a line, stored one after the other without their quotes.
struct Fields {
  private var bytes: [UInt8] = []
  /// The index in `bytes` where each field ends.
  private var ends: [Int] = []

  var count: Int { ends.count }

  subscript(index: Int) -> ArraySlice<UInt8> { bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }

  /// Splits a line at tabs. A carriage return at the end belongs to the line end.
  ///
  /// - Complexity: O(n) for n bytes of the line.
  mutating func split(tabbed line: UnsafeBufferPointer<UInt8>) {
    removeAll()
    for byte in withoutReturn(line) {
      if byte == UInt8(ascii: "\t") { ends.append(bytes.count) } else { bytes.append(byte) }
    }
    ends.append(bytes.count)
  }

  /// Splits a line at commas, or another separator, outside quotes (RFC 4180). Returns `false` if the line ends inside
  /// quotes and must be continued.
  ///
  /// - Complexity: O(n) for n bytes of the line.
  mutating func split(_ line: UnsafeBufferPointer<UInt8>, separator: UInt8) throws(RowProblem) -> Bool {
    removeAll()
    let quote = UInt8(ascii: "\"")
    let line = withoutReturn(line)
    var position = 0
    while true {
      if position < line.count, line[position] == quote {
        position += 1
        // Reads up to the closing quote. A doubled quote stands for one quote and does not close the field.
        while true {
          guard position < line.count else { return false }
          if line[position] == quote {
            position += 1
            if position == line.count || line[position] != quote { break }
          }
          bytes.append(line[position])
          position += 1
        }
        guard position == line.count || line[position] == separator else { throw .textBehindQuote }
      } else {
        while position < line.count, line[position] != separator {
          bytes.append(line[position])
          position += 1
        }
      }
      ends.append(bytes.count)
      if position == line.count { return true }
      position += 1
    }
  }

  private mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }
}

private func withoutReturn(_ line: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
  line.last == UInt8(ascii: "\r") ? UnsafeBufferPointer(rebasing: line.dropLast()) : line
}
