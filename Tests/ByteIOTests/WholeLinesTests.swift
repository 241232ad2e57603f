import Testing

@testable import ByteIO

@Suite struct WholeLinesTests {
  @Test(
    arguments: [
      ("", []), ("a\n", ["a\n"]), ("abc", ["abc"]), ("ab\ncd\nef\n", ["ab\n", "cd\n", "ef\n"]),
      ("a\nb\nc\n", ["a\nb\n", "c\n"]), ("abcdefgh\ni\n", ["abcdefgh\n", "i\n"]),
      ("abc\nd", ["abc\n", "d"]), ("\n\n\n\n\n", ["\n\n\n\n", "\n"]),
    ] as [(String, [String])])
  func piecesEndAtLineEnds(text: String, pieces: [String]) {
    Array(text.utf8).withUnsafeBytes { bytes in
      let found = bytes.split(intoLinesUpTo: 4).map { String(decoding: $0, as: UTF8.self) }
      #expect(found == pieces)
    }
  }
}
