// Archives read back by hand, from their directory.

import CZlib
import MemoryStreams
import Testing

@testable import ModelFiles

/// A member as the directory describes it.
private struct Member: Equatable {
  var name: String
  var start: Int
  var content: [UInt8]
}

private struct Fields {
  let bytes: [UInt8]

  func number(_ offset: Int, _ byteCount: Int) -> Int {
    bytes[offset..<offset + byteCount].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
  func text(_ offset: Int, _ byteCount: Int) -> String {
    String(decoding: bytes[offset..<offset + byteCount], as: UTF8.self)
  }
}

/// Returns the members that the archive's directory lists. Checks that local headers agree with it, and that checksums
/// and sizes are right.
private func members(of archive: [UInt8]) throws -> [Member] {
  let fields = Fields(bytes: archive)
  let end = archive.count - 22
  #expect(fields.text(end, 4) == "PK\u{5}\u{6}")
  var place = fields.number(end + 16, 4)
  #expect(place + fields.number(end + 12, 4) == end)
  #expect(fields.number(end + 8, 2) == fields.number(end + 10, 2))
  var members: [Member] = []
  for _ in 0..<fields.number(end + 10, 2) {
    #expect(fields.text(place, 4) == "PK\u{1}\u{2}")
    let nameByteCount = fields.number(place + 28, 2)
    let local = fields.number(place + 42, 4)
    #expect(fields.text(local, 4) == "PK\u{3}\u{4}")
    // The fields from the version to the name's length are the same in both headers.
    #expect(archive[local + 4..<local + 28] == archive[place + 6..<place + 30])
    let name = fields.text(place + 46, nameByteCount)
    #expect(fields.text(local + 30, nameByteCount) == name)
    #expect(fields.number(place + 10, 2) == 0, "stored")
    let byteCount = fields.number(place + 20, 4)
    #expect(fields.number(place + 24, 4) == byteCount)
    let start = local + 30 + nameByteCount + fields.number(local + 28, 2)
    let content = Array(archive[start..<start + byteCount])
    #expect(fields.number(place + 16, 4) == Int(crc32(0, content, uInt(content.count))))
    members.append(Member(name: name, start: start, content: content))
    place += 46 + nameByteCount
  }
  #expect(place == end)
  return members
}

@Test func membersAreReadBackAndBeginAtMultiplesOf64() throws {
  let sink = MemorySink()
  var writer = ZipWriter(sink)
  // Names and contents of every length modulo 64, so that every padding occurs.
  let written = (0..<130).map { length in
    (
      name: "\(length)/" + String(repeating: "n", count: length % 67),
      content: [UInt8](repeating: UInt8(length), count: length)
    )
  }
  for (name, content) in written { try writer.append(name, content) }
  try writer.finish()
  let read = try members(of: sink.bytes)
  #expect(read.map(\.name) == written.map(\.name))
  #expect(read.map(\.content) == written.map(\.content))
  #expect(read.allSatisfy { $0.start % 64 == 0 })
}

@Test func floatsAreStoredAsTheirBytes() throws {
  let sink = MemorySink()
  var writer = ZipWriter(sink)
  try writer.append("floats", [1, -2] as [Float])
  try writer.finish()
  #expect(try members(of: sink.bytes).map(\.content) == [[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]])
}

@Test func anEmptyArchiveIsItsEndRecord() throws {
  let sink = MemorySink()
  try ZipWriter(sink).finish()
  #expect(sink.bytes == Array("PK\u{5}\u{6}".utf8) + [UInt8](repeating: 0, count: 18))
}
