import Testing

@testable import CommandLine

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
