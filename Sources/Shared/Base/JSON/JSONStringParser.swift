// Parses strings: escapes, surrogate pairs, and UTF-8, which is validated byte by byte.

extension JSONParser {
  /// Parses a string whose opening quote is the next byte.
  mutating func string() throws(JSONError) -> String {
    position += 1
    // The unescaped bytes so far. Without an escape it stays empty, and the string is made directly from the text.
    var unescaped: [UInt8] = []
    var runStart = position
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        let run = bytes[runStart..<position]
        position += 1
        if unescaped.isEmpty { return String(decoding: run, as: UTF8.self) }
        unescaped.append(contentsOf: run)
        return String(decoding: unescaped, as: UTF8.self)
      case UInt8(ascii: "\\"):
        unescaped.append(contentsOf: bytes[runStart..<position])
        unescaped.append(contentsOf: Array(String(try escape()).utf8))
        runStart = position
      case 0..<0x20:
        throw unexpected("a control character to be escaped")
      case 0x80...:
        guard let byteCount = scalarByteCount() else { throw unexpected("valid UTF-8") }
        position += byteCount
      default:
        position += 1
      }
    }
    throw unexpected("a closing quote")
  }

  /// Parses an escape whose backslash is the next byte.
  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    let start = position
    position += 1
    guard let letter = next else { throw unexpected("an escape") }
    position += 1
    switch letter {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape(from: start)
    default:
      position -= 1
      throw unexpected("an escape: one of \"\\/bfnrtu")
    }
  }

  /// Parses the digits of `\uXXXX`, and the second escape of a surrogate pair.
  private mutating func unicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let problem = "expected a pair of surrogates, a high one and a low one"
    guard (0xD800...0xDBFF).contains(first), take("\\"), take("u") else {
      throw JSONError(offset: start, problem: problem)
    }
    let second = try fourHexDigits()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw JSONError(offset: start, problem: problem) }
    return scalar
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw unexpected("four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  /// The number of bytes of the character at the next byte, which is not ASCII; `nil` if it is not valid UTF-8: an
  /// overlong form, a surrogate, beyond U+10FFFF, or cut short.
  private func scalarByteCount() -> Int? {
    var parser = Unicode.UTF8.ForwardParser()
    var rest = bytes[position...].makeIterator()
    guard case .valid(let scalar) = parser.parseScalar(from: &rest) else { return nil }
    return scalar.count
  }
}
