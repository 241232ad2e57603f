import Testing

@testable import CommandLine

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
