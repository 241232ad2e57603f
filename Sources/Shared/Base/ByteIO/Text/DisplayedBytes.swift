// Names for display, and back: bytes that could confuse a terminal or a table are escaped.

/// Returns `bytes` as text for display. Tab, newline, carriage return and backslash become `\t`, `\n`, `\r` and `\\`.
/// Other control characters (C0, DEL, C1), characters that change how their neighbours are shown, and invalid UTF-8
/// become `\xhh`, two lower-case hexadecimal digits per byte.
///
/// - Complexity: O(*n*), where *n* is the number of bytes.
public func displayed(_ bytes: some Sequence<UInt8>) -> String {
  String(decoding: displayedBytes(bytes), as: UTF8.self)
}

/// Returns the result of ``displayed(_:)`` for `bytes`, as UTF-8.
public func displayedBytes(_ bytes: some Sequence<UInt8>) -> [UInt8] {
  var text: [UInt8] = []
  appendDisplayed(bytes, to: &text)
  return text
}

/// Returns a name for display. The text of an argument (``argumentText(_:)``) is displayed as the bytes it stands for.
public func displayed(_ name: String) -> String { displayed(argumentBytes(name)) }

/// Returns the first `limit` Unicode scalars of a text for display, and an ellipsis if there are more: a text from a file
/// may be as long as the file. Messages quote it so; ``shortened(_:to:)-(String,_)`` is for columns of a terminal.
///
/// - Complexity: O(`limit`).
public func displayedBeginning(of text: String, limit: Int) -> String {
  let beginning = text.unicodeScalars.prefix(limit)
  let shown = displayed(String(beginning))
  return beginning.endIndex < text.unicodeScalars.endIndex ? shown + "…" : shown
}

/// Appends the result of ``displayed(_:)`` for `bytes`, as UTF-8.
///
/// - Complexity: O(*n*), where *n* is the number of bytes.
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
    if let (scalar, count) = firstCharacter(of: bytes) {
      let character = bytes.prefix(count)
      if misleads(scalar.value) {
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

// MARK: - The bytes of a displayed name

/// Returns the text whose displayed form is `bytes`. If the result would not be UTF-8, the text is kept unchanged.
///
/// - Complexity: O(*n*), where *n* is the number of bytes.
public func undisplayed(_ bytes: [UInt8]) -> String {
  guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
  return String(validating: undisplayedBytes(bytes[...]), as: UTF8.self)
    ?? String(decoding: bytes, as: UTF8.self)
}

/// Returns the bytes whose displayed form is `text`. Texts from other tools may contain backslashes that begin no
/// escape: these are kept.
///
/// - Complexity: O(*n*), where *n* is the number of bytes.
public func undisplayedBytes(_ text: ArraySlice<UInt8>) -> [UInt8] {
  var plain: [UInt8] = []
  var rest = text
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "\\"), let (value, byteCount) = escape(rest) {
      plain.append(value)
      rest = rest.dropFirst(byteCount)
    } else {
      plain.append(byte)
    }
  }
  return plain
}

/// Returns the byte that an escape stands for, and the number of bytes after its backslash; `nil` if it is no escape.
private func escape(_ rest: ArraySlice<UInt8>) -> (value: UInt8, byteCount: Int)? {
  switch rest.first {
  case UInt8(ascii: "t"): return (0x09, 1)
  case UInt8(ascii: "n"): return (0x0A, 1)
  case UInt8(ascii: "r"): return (0x0D, 1)
  case UInt8(ascii: "\\"): return (UInt8(ascii: "\\"), 1)
  case UInt8(ascii: "x"):
    let digits = rest.dropFirst().prefix(2)
    guard digits.count == 2, !digits.contains(UInt8(ascii: "+")),
      let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    else { return nil }
    return (value, 3)
  default: return nil
  }
}
