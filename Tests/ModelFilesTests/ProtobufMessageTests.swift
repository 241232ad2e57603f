// Protobuf's wire format: the examples of its documentation, and messages encoded by hand.

import MemoryStreams
import Testing

@testable import ModelFiles

private func bytes(_ build: (inout ProtobufMessage) -> Void) throws -> [UInt8] {
  var message = ProtobufMessage()
  build(&message)
  let sink = MemorySink()
  try message.write(to: sink)
  #expect(sink.bytes.count == message.byteCount)
  return sink.bytes
}

@Test(
  arguments: [
    (0, [0x08, 0x00]), (1, [0x08, 0x01]), (127, [0x08, 0x7f]), (128, [0x08, 0x80, 0x01]),
    // The documentation's example.
    (150, [0x08, 0x96, 0x01]),
    (16_383, [0x08, 0xff, 0x7f]), (16_384, [0x08, 0x80, 0x80, 0x01]),
    (.max, [0x08] + [UInt8](repeating: 0xff, count: 8) + [0x7f]),
  ] as [(Int, [UInt8])])
func integersAreVarints(value: Int, expected: [UInt8]) throws {
  #expect(try bytes { $0.add(1, value) } == expected)
}

@Test func fieldNumbersFromSixteenTakeTwoBytes() throws {
  #expect(try bytes { $0.add(15, 0) } == [0x78, 0])
  #expect(try bytes { $0.add(16, 0) } == [0x80, 0x01, 0])
  #expect(try bytes { $0.add(20, 7) } == [0xa0, 0x01, 7])
}

@Test func textIsUTF8AfterItsByteCount() throws {
  // The documentation's example, and two letters of two bytes each.
  #expect(try bytes { $0.add(2, "testing") } == [0x12, 0x07] + Array("testing".utf8))
  #expect(try bytes { $0.add(2, "äö") } == [0x12, 4, 0xc3, 0xa4, 0xc3, 0xb6])
  #expect(try bytes { $0.add(2, "") } == [0x12, 0])
}

@Test func floatsAreLittleEndianBytes() throws {
  #expect(try bytes { $0.add(9, bytesOf: [1, -2]) } == [0x4a, 8, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0])
  #expect(try bytes { $0.add(9, bytesOf: []) } == [0x4a, 0])
}

@Test func floatsKeepTheirPlaceInNestedMessages() throws {
  var inner = ProtobufMessage()
  inner.add(1, 5)
  inner.add(9, bytesOf: [1])
  inner.add(2, "a")
  inner.add(9, bytesOf: [0])
  let written: [UInt8] = [8, 5, 0x4a, 4, 0, 0, 0x80, 0x3f, 0x12, 1, 0x61, 0x4a, 4, 0, 0, 0, 0]
  #expect(inner.byteCount == written.count)
  var middle = ProtobufMessage()
  middle.add(3, inner)
  middle.add(3, inner)
  let twice = [0x1a, UInt8(written.count)] + written + [0x1a, UInt8(written.count)] + written
  #expect(
    try bytes {
      $0.add(1, 1); $0.add(4, middle); $0.add(1, 2)
    } == [8, 1, 0x22, UInt8(twice.count)] + twice + [8, 2])
}
