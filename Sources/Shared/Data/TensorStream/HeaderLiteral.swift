// Parses the few kinds of Python literals that a header may contain. NumPy's reader passes the text to Python and
// therefore accepts comments, hexadecimal numbers, duplicate keys, string prefixes and more. This parser accepts none
// of them.

import ByteIO

/// A value in a header's text.
indirect enum HeaderLiteral {
  case text(String)
  case number(Int)
  case boolean(Bool)
  case tuple([HeaderLiteral])
  case list([HeaderLiteral])
  case dictionary([(key: String, value: HeaderLiteral)])

  /// Parses the whole text of a header: one value, with optional blanks around it.
  ///
  /// - Complexity: O(n) for n bytes, in time and memory.
  init(parsing text: some Sequence<UInt8>) throws(HeaderSyntaxError) {
    var parser = HeaderLiteralParser(bytes: Array(text))
    self = try parser.value()
    parser.skipBlanks()
    if parser.next != nil { throw parser.unexpected("only blanks up to the end of the header") }
  }
}

/// A problem in a header's text, and the offset of the byte where it was found.
struct HeaderSyntaxError: Error {
  let offset: Int
  let problem: HeaderProblem
}

private struct HeaderLiteralParser {
  let bytes: [UInt8]
  var position = 0
  var depth = 0
  /// One level more than a nested dtype needs, so that nested dtypes are parsed and refused by name.
  let maximumDepth = 8

  init(bytes: [UInt8]) { self.bytes = bytes }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func value() throws(HeaderSyntaxError) -> HeaderLiteral {
    skipBlanks()
    switch next {
    case UInt8(ascii: "'"): return .text(try text())
    case let byte? where isDigit(byte): return .number(try number())
    case UInt8(ascii: "T"): return .boolean(try word("True", true))
    case UInt8(ascii: "F"): return .boolean(try word("False", false))
    case UInt8(ascii: "("): return .tuple(try tuple())
    case UInt8(ascii: "["):
      return .list(try items(upTo: "]") { (parser) throws(HeaderSyntaxError) in try parser.value() })
    case UInt8(ascii: "{"):
      return .dictionary(try items(upTo: "}") { (parser) throws(HeaderSyntaxError) in try parser.member() })
    default:
      throw unexpected("a string in single quotes, a decimal number, True, False, a tuple or a list")
    }
  }

  // MARK: Collections

  private mutating func tuple() throws(HeaderSyntaxError) -> [HeaderLiteral] {
    let elements = try items(upTo: ")") { (parser) throws(HeaderSyntaxError) in try parser.value() }
    // In Python, (5) is the number 5 and (5,) is a tuple.
    if elements.count == 1, lastSeparator == nil {
      position -= 1
      throw unexpected("a comma: a tuple of one is written (5,)")
    }
    return elements
  }

  /// The position of the comma before the closing bracket of the latest collection; `nil` without one.
  private var lastSeparator: Int?

  /// Parses items separated by commas. The opening bracket is the next byte; the closing bracket is consumed.
  private mutating func items<Item>(
    upTo closing: Unicode.Scalar, _ item: (inout HeaderLiteralParser) throws(HeaderSyntaxError) -> Item
  ) throws(HeaderSyntaxError) -> [Item] {
    position += 1
    depth += 1
    if depth > maximumDepth { throw problem(.nestedTooDeep) }
    defer { depth -= 1 }
    var items: [Item] = []
    var separator: Int?
    while true {
      skipBlanks()
      if take(closing) { break }
      if !items.isEmpty, separator == nil { throw unexpected("\",\" or \"\(closing)\"") }
      items.append(try item(&self))
      skipBlanks()
      separator = position
      if !take(",") { separator = nil }
    }
    lastSeparator = separator
    return items
  }

  private mutating func member() throws(HeaderSyntaxError) -> (key: String, value: HeaderLiteral) {
    guard next == UInt8(ascii: "'") else { throw unexpected("a key in single quotes") }
    let key = try text()
    skipBlanks()
    guard take(":") else { throw unexpected("\":\"") }
    return (key, try value())
  }

  // MARK: Scalars

  /// Parses printable ASCII between single quotes, without escapes.
  private mutating func text() throws(HeaderSyntaxError) -> String {
    position += 1
    let start = position
    while let byte = next, (0x20...0x7E).contains(byte), byte != UInt8(ascii: "'"), byte != UInt8(ascii: "\\")
    {
      position += 1
    }
    let content = bytes[start..<position]
    guard take("'") else { throw unexpected("plain text and a closing single quote") }
    return String(decoding: content, as: UTF8.self)
  }

  private mutating func number() throws(HeaderSyntaxError) -> Int {
    let start = position
    while let byte = next, isDigit(byte) || isLetter(byte) || byte == UInt8(ascii: "_") { position += 1 }
    let digits = String(decoding: bytes[start..<position], as: UTF8.self)
    guard digits.utf8.allSatisfy(isDigit), digits == "0" || !digits.hasPrefix("0") else {
      throw HeaderSyntaxError(offset: start, problem: .numberNotDecimal(digits))
    }
    guard let number = Int(digits) else {
      throw HeaderSyntaxError(offset: start, problem: .numberTooLarge(digits))
    }
    return number
  }

  private mutating func word(_ word: String, _ value: Bool) throws(HeaderSyntaxError) -> Bool {
    for byte in word.utf8 {
      guard next == byte else { throw unexpected("\"\(word)\"") }
      position += 1
    }
    return value
  }

  // MARK: Bytes

  mutating func skipBlanks() {
    while next == UInt8(ascii: " ") { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private func problem(_ problem: HeaderProblem) -> HeaderSyntaxError {
    HeaderSyntaxError(offset: position, problem: problem)
  }

  func unexpected(_ expectation: String) -> HeaderSyntaxError {
    if next == UInt8(ascii: "#") { return problem(.comment) }
    return problem(.syntax(expected: expectation, found: next))
  }
}

private func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
