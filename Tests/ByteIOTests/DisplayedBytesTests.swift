import ByteIO
import Testing

@Suite struct DisplayedBytesTests {
  @Test(arguments: [
    ("plain name.png", "plain name.png"),
    ("", ""),
    ("a\tb\nc\rd\\e", #"a\tb\nc\rd\\e"#),
    ("\u{0}\u{1B}[31m\u{7F}", #"\x00\x1b[31m\x7f"#),
    ("Käse, 靴, 👟", "Käse, 靴, 👟"),
    ("\u{80}\u{9F}\u{A0}", "\\xc2\\x80\\xc2\\x9f\u{A0}"),
    // Characters that would reorder the letters on a terminal or be invisible; the joiners of the last line are text.
    ("photo\u{202E}gnp.exe", #"photo\xe2\x80\xaegnp.exe"#),
    ("\u{2066}a\u{2069}", #"\xe2\x81\xa6a\xe2\x81\xa9"#),
    ("a\u{61C}\u{200F}", #"a\xd8\x9c\xe2\x80\x8f"#), ("a\u{2028}b", #"a\xe2\x80\xa8b"#),
    ("a\u{200B}b\u{FEFF}", #"a\xe2\x80\x8bb\xef\xbb\xbf"#), ("a\u{E0041}", #"a\xf3\xa0\x81\x81"#),
    ("👩\u{200D}🔬, می\u{200C}خواهم", "👩\u{200D}🔬, می\u{200C}خواهم"),
  ])
  func textIsShownWithControlCharactersEscaped(text: String, shown: String) {
    #expect(displayed(text) == shown)
    #expect(displayed(Array(text.utf8)) == shown)
  }

  /// The rows of table 3-7 of the Unicode Standard, at their bounds and just beyond.
  @Test(
    arguments: [
      ([0x80], #"\x80"#), ([0xC1, 0xBF], #"\xc1\xbf"#), ([0xC3], #"\xc3"#), ([0xC3, 0x28], #"\xc3("#),
      ([0xE0, 0x9F, 0xBF], #"\xe0\x9f\xbf"#), ([0xE0, 0xA0, 0x80], "\u{800}"),
      ([0xED, 0x9F, 0xBF], "\u{D7FF}"), ([0xED, 0xA0, 0x80], #"\xed\xa0\x80"#),
      ([0xEE, 0x80, 0x80], "\u{E000}"), ([0xE2, 0x82], #"\xe2\x82"#),
      ([0xF0, 0x8F, 0xBF, 0xBF], #"\xf0\x8f\xbf\xbf"#), ([0xF0, 0x90, 0x80, 0x80], "\u{10000}"),
      ([0xF4, 0x8F, 0xBF, 0xBF], "\u{10FFFF}"), ([0xF4, 0x90, 0x80, 0x80], #"\xf4\x90\x80\x80"#),
      ([0xF0, 0x9F, 0x91], #"\xf0\x9f\x91"#), ([0xF5, 0x41], #"\xf5A"#), ([0xFF, 0xFE], #"\xff\xfe"#),
      ([0xE2, 0x41, 0xE2, 0x82, 0xAC], "\\xe2A€"),
    ] as [([UInt8], String)])
  func invalidUTF8IsShownByteByByte(bytes: [UInt8], shown: String) {
    #expect(displayed(bytes) == shown)
  }

  @Test func everyPairOfBytesIsShownUniquelyAndWithoutControlCharacters() {
    // The keys are UTF-8, because Swift considers canonically equivalent strings equal.
    var seen: [[UInt8]: [UInt8]] = [:]
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        let bytes = [first, second]
        let shown = displayed(bytes)
        #expect(shown.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect(seen.updateValue(bytes, forKey: Array(shown.utf8)) == nil, "\(shown)")
      }
    }
    #expect(seen.count == 65536)
  }

  /// The limit counts characters before they are escaped, and accents of their own.
  @Test(arguments: [
    ("", ""), ("abcd", "abcd"), ("abcde", "abcd…"), ("a\nb\\", #"a\nb\\"#), ("\t\t\t\t\t", #"\t\t\t\t…"#),
    ("👟靴👟靴👟", "👟靴👟靴…"), ("e" + String(repeating: "\u{301}", count: 1000), "e\u{301}\u{301}\u{301}…"),
  ])
  func theBeginningOfALongTextIsShown(text: String, shown: String) {
    #expect(Array(displayedBeginning(of: text, limit: 4).utf8) == Array(shown.utf8))
  }

  @Test func textIsAppendedToExistingText() {
    var text = Array("a: ".utf8)
    appendDisplayed(AnySequence([0x62, 0x0A]), to: &text)
    #expect(text == Array(#"a: b\n"#.utf8))
  }
}
