// Parses JSON by the grammar of RFC 8259. Strings are in JSONStringParser.swift.

extension JSONValue {
  /// Parses one JSON document, which only white space may follow.
  ///
  /// Besides malformed text it rejects duplicate keys, invalid UTF-8, lone surrogates, a byte-order mark, and nesting
  /// deeper than `maximumDepth`.
  ///
  /// - Complexity: O(*n*) time and memory, where *n* is the number of bytes.
  public init(parsing bytes: some Sequence<UInt8>, maximumDepth: Int = 64) throws(JSONError) {
    var parser = JSONParser(bytes: Array(bytes), maximumDepth: maximumDepth)
    self = try parser.document()
  }
}

/// The reason why a text is not JSON, and its place.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The offset of the first wrong byte, counted from 0.
  public let offset: Int
  /// A phrase that says what was expected there, and what was found.
  public let problem: String
  public var description: String { "byte \(offset): \(problem)" }
}

/// A recursive-descent parser over the bytes of one document.
struct JSONParser {
  let bytes: [UInt8]
  let maximumDepth: Int
  /// The offset of the next byte.
  var position = 0
  /// The number of open arrays and objects.
  var depth = 0

  init(bytes: [UInt8], maximumDepth: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func document() throws(JSONError) -> JSONValue {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw error("expected a value, found a byte-order mark") }
    skipWhiteSpace()
    let result = try value()
    skipWhiteSpace()
    if next != nil { throw unexpected("the end of the text") }
    return result
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    switch next {
    case UInt8(ascii: "{"): return try nested { (parser) throws(JSONError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { (parser) throws(JSONError) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): return .number(try number())
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw unexpected("a value")
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONError) -> JSONValue
  ) throws(JSONError) -> JSONValue {
    guard depth < maximumDepth else { throw error("expected at most \(maximumDepth) levels of nesting") }
    depth += 1
    let result = try body(&self)
    depth -= 1
    return result
  }

  // MARK: Arrays and objects

  private mutating func array() throws(JSONError) -> JSONValue {
    position += 1
    skipWhiteSpace()
    if take("]") { return .array([]) }
    var elements: [JSONValue] = []
    while true {
      elements.append(try value())
      skipWhiteSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw unexpected("\",\" or \"]\"") }
      skipWhiteSpace()
    }
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    position += 1
    skipWhiteSpace()
    if take("}") { return .object([]) }
    var members: [JSONValue.Member] = []
    var keys: Set<ExactKey> = []
    while true {
      let start = position
      guard next == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
      let key = try string()
      guard keys.insert(ExactKey(key)).inserted else {
        throw JSONError(
          offset: start, problem: "the key \(JSONValue.string(key).compactText()) appears twice")
      }
      skipWhiteSpace()
      guard take(":") else { throw unexpected("\":\"") }
      skipWhiteSpace()
      members.append(JSONValue.Member(key, try value()))
      skipWhiteSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw unexpected("\",\" or \"}\"") }
      skipWhiteSpace()
    }
  }

  // MARK: Numbers and words

  private mutating func number() throws(JSONError) -> String {
    let start = position
    _ = take("-")
    if take("0") {
      if let next, isDigit(next) { throw error("expected no digit after a leading zero") }
    } else {
      try digits()
    }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while let next, isDigit(next) { position += 1 }
    if position == start { throw unexpected("a digit") }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    for index in 0..<word.utf8CodeUnitCount {
      guard next == word.utf8Start[index] else { throw unexpected("\"\(word)\"") }
      position += 1
    }
    return value
  }

  // MARK: Bytes

  private mutating func skipWhiteSpace() {
    while let next, next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
  }

  /// Consumes the character and returns `true` if it is the next; otherwise returns `false`.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  func error(_ problem: String) -> JSONError { JSONError(offset: position, problem: problem) }

  /// Returns the error "expected …, found …" for the next byte.
  func unexpected(_ expectation: String) -> JSONError {
    guard let next else { return error("expected \(expectation), found the end of the text") }
    let found =
      (0x21...0x7E).contains(next)
      ? "'\(Character(Unicode.Scalar(next)))'" : "byte 0x" + (next < 16 ? "0" : "") + String(next, radix: 16)
    return error("expected \(expectation), found \(found)")
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

/// A key as bytes, to find duplicates: Swift strings compare equal if they are canonically equivalent.
private struct ExactKey: Hashable {
  private let bytes: [UInt8]
  init(_ key: String) { bytes = Array(key.utf8) }
}
