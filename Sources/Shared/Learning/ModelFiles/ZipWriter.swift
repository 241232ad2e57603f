// Writes zip archives whose members are stored, not compressed, and begin at multiples of 64 bytes: PyTorch lays out
// its files so, and can map them into memory.
//
//     (local header, name, padding, content)*, (central header, name)*, end record
//
// The layout is that of https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3. Archives are below 4 GiB, and
// have fewer than 65,536 members: what is more needs zip64.

import ByteIO
import TensorStream

/// Writes the members of an archive in their order. The same members give the same bytes.
struct ZipWriter {
  private let sink: any ByteSink
  private var offset = 0
  private var directory: [UInt8] = []
  private var memberCount: UInt16 = 0

  private static let alignment = 64
  // Stored members need no more than version 1.0 of the format.
  private static let version: UInt16 = 10
  /// The first day that the format knows, 1 January 1980: a time of writing would make every file another.
  private static let date: UInt16 = 1 << 5 | 1

  init(_ sink: any ByteSink) { self.sink = sink }

  /// Writes a member. Its name is ASCII, and no other's.
  mutating func append(_ name: String, _ content: UnsafeRawBufferPointer) throws {
    var checksum = CRC32()
    checksum.update(content)
    // What the local and the central header have in common: flags, method, time and date, sum, sizes, name's length.
    var common: [UInt8] = []
    for number in [Self.version, 0, 0, 0, Self.date] { common.append(littleEndian: number) }
    common.append(littleEndian: checksum.value)
    common.append(littleEndian: UInt32(content.count))
    common.append(littleEndian: UInt32(content.count))
    common.append(littleEndian: UInt16(name.utf8.count))

    directory += Array("PK\u{1}\u{2}".utf8)
    directory.append(littleEndian: Self.version)
    directory += common
    // Extra field's and comment's length, disk, internal attributes; external attributes.
    for _ in 0..<4 { directory.append(littleEndian: UInt16(0)) }
    directory.append(littleEndian: UInt32(0))
    directory.append(littleEndian: UInt32(offset))
    directory += name.utf8
    memberCount += 1

    var header = Array("PK\u{3}\u{4}".utf8) + common
    let padding = Self.padding(toAlign: offset + header.count + 2 + name.utf8.count)
    header.append(littleEndian: UInt16(padding.count))
    header += name.utf8
    header += padding
    try sink.write(header)
    try sink.write(content)
    offset += header.count + content.count
  }

  /// Writes a member.
  mutating func append(_ name: String, _ content: [some BitwiseCopyable]) throws {
    try content.withUnsafeBytes { try append(name, $0) }
  }

  /// Writes the directory, and with it the end of the archive.
  func finish() throws {
    var end = Array("PK\u{5}\u{6}".utf8)
    // This disk's number, and the directory's first.
    for number in [0, 0, memberCount, memberCount] { end.append(littleEndian: number) }
    end.append(littleEndian: UInt32(directory.count))
    end.append(littleEndian: UInt32(offset))
    // A comment's length.
    end.append(littleEndian: UInt16(0))
    try sink.write(directory)
    try sink.write(end)
  }

  /// An extra field that fills up to a multiple of the alignment what ends at `position`: `FB`, as PyTorch calls it.
  private static func padding(toAlign position: Int) -> [UInt8] {
    let fieldHeaderByteCount = 4
    let count = (alignment - (position + fieldHeaderByteCount) % alignment) % alignment
    var field = Array("FB".utf8)
    field.append(littleEndian: UInt16(count))
    return field + [UInt8](repeating: UInt8(ascii: "Z"), count: count)
  }
}
