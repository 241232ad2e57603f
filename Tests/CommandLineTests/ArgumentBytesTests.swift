import Testing

@testable import CommandLine

@Suite struct ArgumentBytesTests {
  @Test func textsAreTheirUTF8() {
    #expect(argumentBytes(of: ["a", "é"], rawArguments: []) == [Array("a".utf8), Array("é".utf8)])
  }

  @Test func whatWasNoTextIsWhatItWas() {
    let raw: [[UInt8]] = [[0x61, 0xFF], [0x61, 0xFE], Array("b".utf8), [0xFF]]
    let texts = raw.map { String(decoding: $0, as: UTF8.self) }
    #expect(argumentBytes(of: texts, rawArguments: raw) == raw)
    // Not all arguments are asked for.
    #expect(argumentBytes(of: [texts[3], texts[2]], rawArguments: raw) == [raw[3], raw[2]])
    // Two that read alike are told by their order.
    #expect(argumentBytes(of: [texts[0], texts[0]], rawArguments: raw) == [raw[0], raw[1]])
  }

  @Test func aReplacementCharacterThatWasTypedStays() {
    let raw = [Array("\u{FFFD}.png".utf8)]
    #expect(argumentBytes(of: ["\u{FFFD}.png"], rawArguments: raw) == raw)
    #expect(
      argumentBytes(of: ["\u{FFFD}"], rawArguments: [Array("--name=\u{FFFD}".utf8)]) == [
        Array("\u{FFFD}".utf8)
      ])
  }
}
