import JSON
import Testing

@Suite struct JSONValueTests {
  @Test(
    arguments: [
      ("7", 7), ("-0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min),
      ("9223372036854775808", nil),
      ("2.0", nil), ("1e3", nil), ("\"7\"", nil), ("null", nil),
    ] as [(String, Int?)])
  func onlyPlainIntegersInRangeAreIntegers(_ text: String, _ integer: Int?) throws {
    #expect(try JSONValue(parsing: text.utf8).integerValue == integer)
  }

  @Test(
    arguments: [
      ("7", 7), ("-0.5e1", -5), ("1e-400", 0), ("1e999", nil), ("-1e999", nil),
      ("1.7976931348623157e308", .greatestFiniteMagnitude),
      ("true", nil),
    ] as [(String, Double?)])
  func onlyNumbersInRangeAreDoubles(_ text: String, _ double: Double?) throws {
    #expect(try JSONValue(parsing: text.utf8).doubleValue == double)
  }

  @Test(
    arguments: [
      0, -0.0, 0.1, 1, 1.0 / 3, 123_456_789.125, 1e16, 1e-5, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
      -.pi,
      .ulpOfOne,
    ] as [Double])
  func doublesAreReadBackExactly(_ double: Double) throws {
    let text = JSONValue.double(double).compactText()
    let value = try #require(try JSONValue(parsing: text.utf8).doubleValue)
    #expect(value.bitPattern == double.bitPattern)
  }

  @Test func membersAreFoundByExactKey() {
    let value = JSONValue.object([.init("a", .integer(1)), .init("b", .string("x"))])
    #expect(value["a"] == .number("1"))
    #expect(value["b"]?.stringValue == "x")
    #expect(value["c"] == nil)
    #expect(JSONValue.array([])["a"] == nil)
    #expect(JSONValue.array([.null]).arrayValue == [.null])
    #expect(value.arrayValue == nil)
    #expect(value.stringValue == nil)
  }

  @Test func compactTextSortsKeysByBytes() {
    let inner = JSONValue.object([.init("z", .null), .init("Z", .boolean(true))])
    let value = JSONValue.object([
      .init("é", .array([])), .init("b", .array([.integer(-3), inner])), .init("a", .object([])),
      .init("aa", .string("")),
    ])
    #expect(value.compactText() == #"{"a":{},"aa":"","b":[-3,{"Z":true,"z":null}],"é":[]}"#)
  }

  @Test func indentedTextKeepsTheOrderOfMembers() {
    let value = JSONValue.object([
      .init("b", .array([.integer(1), .array([])])),
      .init("a", .object([.init("c", .double(0.5)), .init("d", .object([]))])),
    ])
    #expect(
      value.indentedText() == """
        {
          "b": [
            1,
            []
          ],
          "a": {
            "c": 0.5,
            "d": {}
          }
        }

        """)
  }

  @Test func everyScalarSurvivesQuoting() throws {
    let scalars = (0..<0x300).compactMap(Unicode.Scalar.init) + ["\u{2028}", "\u{FFFF}", "\u{10FFFF}"]
    let string = String(String.UnicodeScalarView(scalars))
    let text = JSONValue.string(string).compactText()
    #expect(text.utf8.allSatisfy { $0 >= 0x20 })
    let back = try #require(try JSONValue(parsing: text.utf8).stringValue)
    #expect(Array(back.unicodeScalars) == scalars)
  }

  @Test func controlCharactersUseTheShortestEscapes() {
    #expect(
      JSONValue.string("\u{08}\u{0C}\n\r\t\u{01}\u{1F}\"\\/").compactText()
        == #""\b\f\n\r\t\u0001\u001f\"\\/""#)
  }
}
