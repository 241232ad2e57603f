import ByteIO
import Testing

@Suite struct DisplayedColumnsTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("衣服", 4), ("👟", 2), ("…", 1), ("a\u{200B}b", 2),
    ("\u{1100}", 2), ("\u{115F}", 2), ("\u{1160}", 0), ("\u{2E7F}", 1), ("\u{2E80}", 2), ("\u{FF60}", 2),
    ("\u{FF61}", 1),
  ])
  func wideCharactersTakeTwoColumns(text: String, width: Int) {
    #expect(displayedWidth(text) == width)
  }

  @Test(arguments: [
    ("", 2, "  ", "  "), ("ab", 4, "ab  ", "  ab"), ("衣", 4, "衣  ", "  衣"), ("abc", 3, "abc", "abc"),
    ("abc", 1, "abc", "abc"), ("abc", -1, "abc", "abc"),
  ])
  func blanksFillTheColumns(text: String, columns: Int, leading: String, trailing: String) {
    #expect(padded(text, to: columns) == leading)
    #expect(padded(text, to: columns, .trailing) == trailing)
  }

  @Test(arguments: [
    ("abc", 3, "abc"), ("abcd", 3, "a…d"), ("ab", 1, "…"), ("", 1, ""), ("衣服", 4, "衣服"),
    ("衣服衣服", 5, "衣…服"), ("衣服衣服", 4, "衣…"),
  ])
  func anEllipsisReplacesTextThatIsCut(text: String, columns: Int, expected: String) {
    #expect(shortened(text, to: columns) == expected)
    #expect(displayedWidth(shortened(text, to: columns)) <= columns)
  }

  @Test(arguments: [("abc", 2, "ab"), ("abc", 0, ""), ("abc", 9, "abc"), ("衣服", 3, "衣"), ("衣服", 1, "")])
  func cuttingKeepsOnlyWhatFits(text: String, columns: Int, expected: String) {
    #expect(cut(text, to: columns) == expected)
  }

  @Test(arguments: [
    (0, 4, ""), (1e-9, 4, "▏"), (0.5, 4, "██"), (0.53, 4, "██▏"), (1, 4, "████"), (2, 4, "████"),
    (0.5, 0, ""),
  ])
  func aBarHasEighthsOfColumns(share: Double, width: Int, expected: String) {
    #expect(shareBar(share, width: width) == expected)
  }
}

@Suite struct ShortenedNamesTests {
  @Test func aLongNameIsCutInTheMiddle() {
    #expect(shortened("abcdefghij", to: 7) == "abc…hij")
    #expect(shortened("abcdefghij", to: 10) == "abcdefghij")
    for columns in 1...12 { #expect(displayedWidth(shortened("語abc語defghij語", to: columns)) <= columns) }
  }

  @Test func namesStayDistinct() {
    let names = ["n02085620-Chihuahua", "n02085782-Chihuahua", "short"]
    let short = shortened(names, to: 10)
    #expect(Set(short).count == 3 && short[2] == "short")
    #expect(short.allSatisfy { displayedWidth($0) <= 10 })
  }
}
