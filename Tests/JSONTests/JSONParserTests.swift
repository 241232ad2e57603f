import JSON
import Testing

private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: text.utf8) }

@Suite struct JSONParserTests {
  @Test(arguments: [
    ("null", JSONValue.null),
    (" true\n", .boolean(true)),
    ("\t\r\n false ", .boolean(false)),
    ("0", .number("0")),
    ("-0", .number("-0")),
    ("12.50E+07", .number("12.50E+07")),
    ("-1e-9", .number("-1e-9")),
    ("\"\"", .string("")),
    (#""a\"\\\/\b\f\n\r\tz""#, .string("a\"\\/\u{08}\u{0C}\n\r\tz")),
    (#""\u0041\u00e9\u20AC\ud83d\ude00""#, .string("A\u{E9}€😀")),
    ("\"é€😀\u{7F}\"", .string("é€😀\u{7F}")),
    (#""\u0000""#, .string("\0")),
    ("[]", .array([])),
    ("{ }", .object([])),
    ("[1 , [2],{}]", .array([.number("1"), .array([.number("2")]), .object([])])),
    (
      #"{"b":1, "a" : {"b": null}}"#,
      .object([.init("b", .number("1")), .init("a", .object([.init("b", .null)]))])
    ),
  ])
  func validDocumentsAreRead(_ text: String, _ value: JSONValue) throws {
    #expect(try parse(text) == value)
  }

  @Test(arguments: [
    ("", 0), (" ", 1), ("nul", 3), ("nulL", 3), ("True", 0), ("NaN", 0), ("Infinity", 0), ("-Infinity", 1),
    ("+1", 0), (".5", 0), ("1.", 2), ("01", 1), ("-01", 2), ("00", 1), ("-", 1), ("1e", 2), ("1e+", 3),
    ("0x10", 1),
    ("1_000", 1), ("1 2", 2), ("null,", 4), ("// no\n1", 0), ("'a'", 0), ("\u{0B}1", 0), ("1\0", 1),
    ("\u{A0}1", 0),
    ("[", 1), ("[1", 2), ("[1,", 3), ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3), ("]", 0), ("[}", 1),
    ("{", 1), ("{1:2}", 1), ("{a:1}", 1), (#"{"a""#, 4), (#"{"a" 1}"#, 5), (#"{"a":}"#, 5), (#"{"a":1,}"#, 7),
    (#"{"a":1;"b":2}"#, 6),
    ("\"", 1), ("\"a", 2), ("\"a\nb\"", 2), ("\"\u{01}\"", 1), ("\"\u{1F}\"", 1), (#""\"#, 2),
    (#""\x41""#, 2),
    (#""\a""#, 2), (#""\u12""#, 5), (#""\u12g4""#, 5), (#""\U0041""#, 2),
  ])
  func malformedTextIsRefusedAtTheOffendingByte(_ text: String, _ offset: Int) {
    let error = #expect(throws: JSONError.self) { try parse(text) }
    #expect(error?.offset == offset)
  }

  @Test(arguments: [
    #""\ud800""#, #""\udc00""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\ud800""#, #""\ud83d\u0041""#,
    #""\udE00\uD83d""#,
  ])
  func loneSurrogatesAreRefused(_ text: String) {
    let error = #expect(throws: JSONError.self) { try parse(text) }
    #expect(error?.offset == 1)
    #expect(error?.problem.contains("surrogate") == true)
  }

  @Test(
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x41], [0xE0, 0x80, 0x80],
      [0xE0, 0x9F, 0xBF], [0xE2, 0x82],
      [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98],
      [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xE2, 0x28, 0xA1], [0xF0, 0x9F, 0x28, 0x80],
    ] as [[UInt8]])
  func invalidUTF8IsRefused(_ sequence: [UInt8]) {
    for tail in [[UInt8](), Array("\"".utf8), Array("abcd\"".utf8)] {
      let error = #expect(throws: JSONError.self) {
        try JSONValue(parsing: Array("\"ab".utf8) + sequence + tail)
      }
      #expect(error?.offset == 3)
    }
  }

  @Test(arguments: [
    "\u{80}", "\u{7FF}", "\u{800}", "\u{FFFD}", "\u{D7FF}", "\u{E000}", "\u{10000}", "\u{10FFFF}", "\u{FEFF}",
  ])
  func scalarsAtTheEdgesOfUTF8AreRead(_ scalar: String) throws {
    #expect(try parse("[\"\(scalar)\"]") == .array([.string(scalar)]))
  }

  @Test func aByteOrderMarkIsRefused() {
    let error = #expect(throws: JSONError.self) { try parse("\u{FEFF}1") }
    #expect(error?.description == "byte 0: expected a value, found a byte-order mark")
  }

  @Test(arguments: [
    (#"{"a":1,"a":2}"#, 7), (#"{"a":1,"\u0061":2}"#, 7), (#"[{"x":{"é":1, "\u00e9":1}}]"#, 15),
    (#"{"":1,"":1}"#, 6),
  ])
  func duplicateKeysAreRefusedEvenIfEscaped(_ text: String, _ offset: Int) {
    let error = #expect(throws: JSONError.self) { try parse(text) }
    #expect(error?.offset == offset)
    #expect(error?.problem.contains("twice") == true)
  }

  @Test func canonicallyEquivalentKeysAreDistinct() throws {
    let value = try parse("{\"\u{E9}\":1,\"e\u{301}\":2}")
    #expect(value["\u{E9}"]?.integerValue == 1)
    #expect(value["e\u{301}"]?.integerValue == 2)
  }

  @Test func differentObjectsMayHaveTheSameKey() throws {
    #expect(try parse(#"{"a":{"a":1},"b":{"a":1}}"#)["b"]?["a"]?.integerValue == 1)
  }

  @Test func nestingIsBounded() throws {
    let open = String(repeating: "[", count: 64)
    let close = String(repeating: "]", count: 64)
    _ = try parse(open + close)
    _ = try parse("[" + open.dropLast() + close.dropLast() + ",[[]]]")
    let error = #expect(throws: JSONError.self) { try parse("[" + open + close + "]") }
    #expect(error?.description == "byte 64: expected at most 64 levels of nesting")
    #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
    #expect(throws: JSONError.self) { try parse(String(repeating: #"{"a":"#, count: 100_000)) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: "[]".utf8, maximumDepth: 0) }
  }

  @Test func everyTruncationIsRefused() throws {
    let text = Array(#" {"a":[1.5e3,true,"é\ud83d\ude00\n"],"b":{"c":null}}"#.utf8)
    _ = try JSONValue(parsing: text)
    for count in 0..<text.count {
      #expect(throws: JSONError.self, "first \(count) bytes") { try JSONValue(parsing: text.prefix(count)) }
    }
  }

  @Test func aLargeDocumentIsRead() throws {
    let members = (0..<20_000).map { "\"tensor.\($0).weight\":{\"shape\":[\($0),3]}" }
    let value = try parse("{" + members.joined(separator: ",") + "}")
    #expect(value["tensor.19999.weight"]?["shape"]?.arrayValue?.first?.integerValue == 19_999)
  }

  @Test func theMessageNamesWhatWasExpectedAndFound() {
    let error = #expect(throws: JSONError.self) { try parse(#"{"a":x}"#) }
    #expect(error?.description == "byte 5: expected a value, found 'x'")
  }
}
