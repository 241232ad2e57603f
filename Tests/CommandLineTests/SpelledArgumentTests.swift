import Testing

@testable import CommandLine

@Suite struct NumberedPartTests {
  @Test func aPartHasANumberAndACount() throws {
    let part = try NumberedPart.spelled("3/5")
    #expect(part.number == 3 && part.count == 5)
    #expect(NumberedPart(argument: "1/1") != nil)
  }

  @Test(arguments: ["", "/", "3", "3/", "/5", "0/5", "6/5", "-1/5", "+1/5", "1/2/3", "1 / 2", "a/b", "１/２"])
  func anInvalidPartIsRefusedWithAnExample(text: String) {
    #expect {
      try NumberedPart.spelled(text)
    } throws: {
      "\($0)" == "expected a part and the number of parts, such as 3/5"
    }
  }
}

@Suite struct ByteCountTests {
  @Test(
    arguments: [
      ("1", 1), ("800000", 800_000), ("4K", 4096), ("512M", 512 << 20), ("2G", 2 << 30), ("2g", 2 << 30),
      ("1T", 1 << 40), ("007", 7), ("9223372036854775807", .max),
    ] as [(String, Int)])
  func amountsHaveOptionalUnits(text: String, bytes: Int) {
    #expect(ByteCount(argument: text)?.bytes == bytes)
  }

  @Test(arguments: [
    "", "0", "0G", "M", "-1", "+1", "1.5G", "1 G", " 1", "1GB", "1GG", "5x", "1e3", "0x10", "٣",
    "9223372036854775808",
    "8388608T", "99999999999999999999",
  ])
  func everythingElseIsRefused(text: String) {
    #expect(ByteCount(argument: text) == nil)
  }
}

@Suite struct TimeSpanTests {
  @Test(
    arguments: [
      ("90", 90), ("90s", 90), ("0", 0), ("0.5", 0.5), ("0.25s", 0.25), ("5m", 300), ("1h", 3600),
      ("1h30m", 5400), ("1h30s", 3630), ("1h2m3s", 3723), ("1.5h", 5400), ("87600h", 315_360_000),
    ] as [(String, Double)])
  func spansHaveOptionalUnits(text: String, seconds: Double) {
    #expect(TimeSpan(argument: text)?.seconds == seconds)
  }

  @Test(arguments: [
    "", "s", "m", "-5", "+5", "5x", "5 m", " 5", "5m30", "30m1h", "1h1h", "1m1m", "5mm", ".5", "5.", "1.2.3",
    "1e3",
    "0x10", "nan", "inf", "٣", "1h.5m", "87601h", "99999999999999999999999",
    String(repeating: "9", count: 400),
  ])
  func everythingElseIsRefused(text: String) {
    #expect(TimeSpan(argument: text) == nil)
  }
}
