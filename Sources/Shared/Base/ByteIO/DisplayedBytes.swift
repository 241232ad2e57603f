// Names for display: bytes that could confuse a terminal or a table are escaped.

/// Returns `bytes` as text for display. Tab, newline, carriage return and backslash become `\t`, `\n`, `\r` and `\\`.
/// Other control characters (C0, DEL, C1), characters that change how their neighbours are shown, and invalid UTF-8
/// become `\xhh`, two lower-case hexadecimal digits per byte.
public func displayed(_ bytes: some Sequence<UInt8>) -> String {
  var text: [UInt8] = []
  appendDisplayed(bytes, to: &text)
  return String(decoding: text, as: UTF8.self)
}

/// Returns a name for display. The text of an argument (``argumentText(_:)``) is displayed as the bytes it stands for.
public func displayed(_ name: String) -> String { displayed(argumentBytes(name)) }

/// Appends the result of ``displayed(_:)`` for `bytes`, as UTF-8.
public func appendDisplayed(_ bytes: some Sequence<UInt8>, to text: inout [UInt8]) {
  let done: Void? = bytes.withContiguousStorageIfAvailable { appendDisplayed($0, to: &text) }
  if done == nil { Array(bytes).withUnsafeBufferPointer { appendDisplayed($0, to: &text) } }
}

private func appendDisplayed(_ bytes: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
  var position = 0
  while position < bytes.count {
    let start = position
    while position < bytes.count, isPlain(bytes[position]) { position += 1 }
    text.append(contentsOf: bytes[start..<position])
    if position < bytes.count { position += appendSpecial(bytes[position...], to: &text) }
  }
}

/// Whether a byte is a printable ASCII character other than the backslash.
private func isPlain(_ byte: UInt8) -> Bool {
  byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\\")
}

/// Appends the displayed form of the first character of `bytes`, or of the first byte if no character begins there, and
/// returns the number of bytes consumed.
private func appendSpecial(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, to text: inout [UInt8]) -> Int {
  let first = bytes[bytes.startIndex]
  switch first {
  case UInt8(ascii: "\t"): text.append(contentsOf: "\\t".utf8)
  case UInt8(ascii: "\n"): text.append(contentsOf: "\\n".utf8)
  case UInt8(ascii: "\r"): text.append(contentsOf: "\\r".utf8)
  case UInt8(ascii: "\\"): text.append(contentsOf: "\\\\".utf8)
  default:
    if let count = characterByteCount(bytes) {
      let character = bytes.prefix(count)
      if misleads(scalarValue(of: character)) {
        appendHex(character, to: &text)
      } else {
        text.append(contentsOf: character)
      }
      return count
    }
    appendHex(bytes.prefix(1), to: &text)
  }
  return 1
}

/// The value of a well-formed UTF-8 character of two bytes or more.
private func scalarValue(of character: Slice<UnsafeBufferPointer<UInt8>>) -> UInt32 {
  // The number of leading 1 bits in the first byte is the character's byte count.
  let first = UInt32(character[character.startIndex]) & (0x7F >> UInt32(character.count))
  return character.dropFirst().reduce(first) { $0 << 6 | UInt32($1 & 0x3F) }
}

/// Whether a character is escaped for display: a control character, or one that makes a text look like a different one.
public func isMisleading(_ scalar: Unicode.Scalar) -> Bool {
  scalar.properties.generalCategory == .control || misleads(scalar.value)
}

/// Whether a character is a C1 control character or makes a text look like a different one: direction marks (after
/// U+202E, `gpj.exe` reads `exe.jpg`), line breaks and invisible characters. The joiners in emoji and in Persian and
/// Indic words (U+200C, U+200D) count as text.
private func misleads(_ scalar: UInt32) -> Bool {
  switch scalar {
  case 0x80...0x9F: true
  // Directional marks, embeddings, overrides and isolates.
  case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
  // Line and paragraph separators.
  case 0x2028, 0x2029: true
  // Zero-width space, word joiner and invisible operators, deprecated format characters, byte-order mark.
  case 0x200B, 0x2060...0x2064, 0x206A...0x206F, 0xFEFF: true
  // Interlinear annotation; tags, which can spell whole sentences that nobody sees.
  case 0xFFF9...0xFFFB, 0xE0000...0xE007F: true
  default: false
  }
}

private func appendHex(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, to text: inout [UInt8]) {
  let digits = Array("0123456789abcdef".utf8)
  for byte in bytes {
    text.append(contentsOf: "\\x".utf8)
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
}

/// Returns the byte count of the well-formed UTF-8 character of two bytes or more at the beginning of `bytes`; `nil` if
/// there is none (The Unicode Standard, table 3-7).
func characterByteCount<Bytes: Collection<UInt8>>(_ bytes: Bytes) -> Int? where Bytes.SubSequence == Bytes {
  guard let first = bytes.first else { return nil }
  let (count, second): (Int, ClosedRange<UInt8>)
  switch first {
  case 0xC2...0xDF: (count, second) = (2, 0x80...0xBF)
  case 0xE0: (count, second) = (3, 0xA0...0xBF)
  case 0xE1...0xEC, 0xEE...0xEF: (count, second) = (3, 0x80...0xBF)
  case 0xED: (count, second) = (3, 0x80...0x9F)
  case 0xF0: (count, second) = (4, 0x90...0xBF)
  case 0xF1...0xF3: (count, second) = (4, 0x80...0xBF)
  case 0xF4: (count, second) = (4, 0x80...0x8F)
  default: return nil
  }
  let rest = bytes.dropFirst().prefix(count - 1)
  guard rest.count == count - 1, let next = rest.first, second.contains(next) else { return nil }
  return rest.dropFirst().allSatisfy { 0x80...0xBF ~= $0 } ? count : nil
}
