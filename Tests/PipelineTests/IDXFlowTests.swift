// idx2raw on files whose number types and shapes differ from MNIST's.
import Foundation
import Testing

@Suite struct IDXFlowTests {
  private func idx(_ type: UInt8, _ sizes: [Int], _ data: [UInt8]) -> [UInt8] {
    [0, 0, type, UInt8(sizes.count)] + sizes.flatMap(SmallPNG.bigEndian) + data
  }

  private func floats(_ values: [Float]) -> [UInt8] {
    values.flatMap { SmallPNG.bigEndian(Int($0.bitPattern)) }
  }

  /// The records of a stream from idx2raw, which has one chunk.
  private func records(_ stream: [UInt8]) throws -> [UInt8] {
    let start = 10 + Int(stream[8]) + Int(stream[9]) << 8
    let end = try #require(stream[start...].firstRange(of: [0x93] + Array("NUMPY".utf8)))
    return Array(stream[start..<end.lowerBound])
  }

  @Test func floatingPointNeedsAScaleAndTakesAnOffset() throws {
    let place = try Workplace()
    try place.write(idx(0x0D, [1, 2, 2], floats([-1, 0, 0.5, 1])), to: "f")
    let refused = try place.run("idx2raw", "f")
    #expect(refused.ending == .exited(65) && refused.messageText.contains("--scale 255"))
    let shifted = try place.run("idx2raw", "--scale", "127.5", "--offset", "127.5", "f")
    #expect(shifted.ending == .exited(0), "\(shifted.messageText)")
    #expect(try records(shifted.output) == [0, 128, 191, 255])
    let outside = try place.run("idx2raw", "--scale", "255", "f")
    #expect(outside.ending == .exited(65))
    let pixel = "record 0, row 0, column 0, byte 16: expected a pixel from 0 to 255, found -1,"
    #expect(
      outside.messageText
        == "idx2raw: f: \(pixel) which scale and offset turn into -255; correct --scale or --offset\n")
    let turned = try place.run("idx2raw", "--scale", "-127.5", "--offset=127.5", "f")
    #expect(try records(turned.output) == [255, 128, 64, 0])
    let wrong = try place.run("idx2raw", "--scale", "1", "--offset", "1", "f")
    #expect(wrong.ending == .exited(0) && wrong.messageText.contains("is --scale right?"))
  }

  @Test func colorAndWideLabelsAreRead() throws {
    let place = try Workplace()
    try place.write(idx(8, [2, 3, 1, 2], Array(1...12)), to: "planes")
    try place.write(idx(0x0C, [2], [0, 0, 0, 7, 0, 0, 0, 255]), to: "labels")
    let outcome = try place.run("idx2raw", "planes", "labels")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(try records(outcome.output) == [1, 3, 5, 2, 4, 6, 7, 7, 9, 11, 8, 10, 12, 255])
    try place.write(idx(0x0C, [2], [0, 0, 0, 7, 0, 0, 1, 0]), to: "labels")
    let refused = try place.run("idx2raw", "planes", "labels")
    #expect(refused.ending == .exited(65) && refused.output == [])
    let label = "record 1, byte 12: expected a label from 0 to 255, found 256"
    #expect(refused.messageText == "idx2raw: labels: \(label)\n")
    let turned = try place.run("idx2raw", "--transpose", "planes")
    #expect(turned.ending == .exited(0) && turned.messageText == "")
    let header = String(decoding: turned.output.prefix(128), as: UTF8.self)
    #expect(header.contains("(2, 1, 3)"), "\(header)")
  }

  @Test(arguments: [
    ["--scale", "nan", "f"], ["--scale", "0", "f"], ["--offset", "1", "f"], ["--channels", "middle", "f"],
    ["--scale", "inf", "f"], ["--scale", "x", "f"],
  ])
  func invalidOptionsAreUsageErrors(arguments: [String]) throws {
    let place = try Workplace()
    let outcome = try place.start("idx2raw", arguments).finish()
    #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
  }
}
