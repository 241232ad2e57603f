// Splits text at line ends.

extension UnsafeRawBufferPointer {
  /// Splits the bytes into pieces of at most `limit` bytes that end at line ends. A longer line is one piece, and text
  /// after the last line end is the last piece.
  func split(intoLinesUpTo limit: Int) -> [UnsafeRawBufferPointer] {
    var pieces: [UnsafeRawBufferPointer] = []
    var start = startIndex
    while start < endIndex {
      let newline = UInt8(ascii: "\n")
      let window = self[start..<Swift.min(start + limit, endIndex)]
      let end =
        window.lastIndex(of: newline) ?? self[window.endIndex...].firstIndex(of: newline) ?? endIndex - 1
      pieces.append(UnsafeRawBufferPointer(rebasing: self[start...end]))
      start = end + 1
    }
    return pieces
  }
}
