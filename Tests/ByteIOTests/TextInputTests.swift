import ByteIO
import Testing

@Suite struct TextInputTests {
  @Test(
    arguments: [
      ("0", 0), ("007", 7), ("9223372036854775807", .max), ("9223372036854775808", nil), ("", nil),
      ("-1", nil),
      ("+1", nil), ("1 ", nil), ("1.0", nil), ("1e3", nil), ("٣", nil),
    ] as [(String, Int?)])
  func aWholeNumberHasDigitsOnly(text: String, number: Int?) {
    #expect(wholeNumber(text) == number)
  }

  @Test(arguments: [
    ("", ""), ("  ", ""), ("a", "a"), (" a", "a"), ("a  ", "a"), ("  a b  ", "a b"), ("\t a", "\t a"),
  ])
  func onlyBlanksAtTheEndsAreTrimmed(text: String, trimmed: String) {
    #expect(text.trimmed { $0 == " " } == trimmed)
    #expect(Array(text.utf8).trimmed { $0 == UInt8(ascii: " ") } == ArraySlice(trimmed.utf8))
  }

  @Test(arguments: [("", ""), ("  ", ""), ("a", "a"), (" a", " a"), ("a  ", "a"), ("  a b  ", "  a b")])
  func onlyBlanksAtTheEndAreTrimmed(text: String, trimmed: String) {
    #expect(text.trimmedAtEnd { $0 == " " } == trimmed)
    #expect(trimmedAtEnd(text) == trimmed)
    // Indices of a slice do not begin at 0.
    #expect(("x" + text).dropFirst().trimmedAtEnd { $0 == " " } == trimmed)
  }

  @Test func oneByteOrderMarkIsDroppedAtTheBeginning() {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    for bytes in [[], [0x61], Array(mark.dropLast()), [0x61] + mark] {
      #expect(bytes.withoutByteOrderMark == bytes[...])
      #expect((mark + bytes).withoutByteOrderMark == bytes[...])
    }
  }

  @Test(
    arguments: [
      ([], ""), ([0x61], "a"), ([0xEF, 0xBB, 0xBF, 0x61], "a"), ([0xFF, 0xFE, 0x61, 0], "a"),
      ([0xFE, 0xFF, 0, 0x61], "a"), ([0x61, 0, 0xE9, 0], "aé"), ([0, 0x61, 0, 0xE9], "aé"),
      ([0x61, 0, 0x3D, 0xD8, 0x5F, 0xDC], "a👟"),
      // Half a character, and half a pair of surrogates.
      ([0xFF, 0xFE, 0x61], nil), ([0x61, 0, 0x3D, 0xD8], nil),
    ] as [([UInt8], String?)])
  func textIsConvertedToUTF8(bytes: [UInt8], text: String?) {
    #expect(convertedToUTF8(bytes) == text.map { Array($0.utf8) })
  }
}
