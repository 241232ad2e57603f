import ByteIO
import Testing

@Suite struct ArgumentTextTests {
  @Test(arguments: ["", "a", "--output=é.st", "靴", "👟", "\u{FFFD}.png", "\u{E000}"])
  func validTextIsKept(text: String) {
    #expect(argumentText(Array(text.utf8)) == text)
    #expect(argumentBytes(text) == Array(text.utf8))
  }

  /// Includes parts of characters, surrogates, and the characters that stand for bytes.
  @Test(
    arguments: [
      [0xFF], [0x61, 0xFF, 0x62], [0xC3], [0xC3, 0x28], [0xE2, 0x82], [0xED, 0xA0, 0x80],
      [0xF4, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x8F, 0xBC, 0x80, 0xFF], [0xC3, 0xA9, 0x80, 0xC3, 0xA9], Array(1...255),
    ] as [[UInt8]])
  func bytesSurviveARoundTrip(bytes: [UInt8]) {
    #expect(argumentBytes(argumentText(bytes)) == bytes)
  }

  @Test func differentBytesGiveDifferentTexts() {
    let standIn = argumentText([0xFF])
    #expect(argumentText(Array(standIn.utf8)) != standIn)
    #expect(Set((0...255).map { argumentText([UInt8($0)]) }).count == 256)
  }

  @Test func aCharacterThatStandsForAByteIsDisplayedAsTheByte() {
    #expect(displayed("in" + argumentText([0xFF]) + ".raw") == #"in\xff.raw"#)
  }
}
