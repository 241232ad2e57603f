// Converts the displayed form of a name (DisplayedBytes.swift) back.

/// Returns the text whose displayed form is `bytes`. If the result would not be UTF-8, the text is kept unchanged.
public func undisplayed(_ bytes: [UInt8]) -> String {
  guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
  return String(validating: undisplayedBytes(bytes[...]), as: UTF8.self)
    ?? String(decoding: bytes, as: UTF8.self)
}

/// Returns the bytes whose displayed form is `text`. Texts from other tools may contain backslashes that begin no
/// escape: these are kept.
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
