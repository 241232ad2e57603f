// The way back from the displayed form of a name (DisplayedBytes.swift).

/// The text whose displayed form is `bytes`. Texts of other tools may hold backslashes that begin no escape: they stay,
/// and so does everything if what comes out is no UTF-8.
public func undisplayed(_ bytes: [UInt8]) -> String {
  guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
  var plain: [UInt8] = []
  var rest = bytes[...]
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "\\"), let (value, byteCount) = escape(rest) {
      plain.append(value)
      rest = rest.dropFirst(byteCount)
    } else {
      plain.append(byte)
    }
  }
  return String(validating: plain, as: UTF8.self) ?? String(decoding: bytes, as: UTF8.self)
}

/// The byte that an escape stands for, and how many bytes follow its backslash.
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
