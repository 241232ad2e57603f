// Writes zip archives whose members are stored, not compressed, and begin at multiples of 64 bytes. This is the layout
// of PyTorch's files, which can be mapped into memory.
//
//     (local header, name, padding, content)*, (central header, name)*, end record
//
// The layout is specified in https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3. Archives must be below
// 4 GiB and have fewer than 65,536 members; larger ones would need zip64.

import ByteIO
import TensorStream

/// Writes the members of an archive, in order. The same members give the same bytes.
struct ZipWriter {
  private let sink: any ByteSink
  private var offset = 0
  private var directory: [UInt8] = []
  private var memberCount: UInt16 = 0

  private static let alignment = 64
  // Stored members need no more than version 1.0 of the format.
  private static let version: UInt16 = 10
  /// The format's first day, 1 January 1980. With the time of writing, no two files would be equal.
  private static let date: UInt16 = 1 << 5 | 1

  init(_ sink: any ByteSink) { self.sink = sink }

  /// Writes a member. Its name must be ASCII and unique.
  ///
  /// - Complexity: O(bytes of the member).
  mutating func append(_ name: String, _ content: UnsafeRawBufferPointer) throws {
    var checksum = CRC32()
    checksum.update(content)
    // The local and the central header share: version, flags, method, time, date, checksum, sizes, length of the name.
    var common: [UInt8] = []
    for number in [Self.version, 0, 0, 0, Self.date] { common.append(littleEndian: number) }
    common.append(littleEndian: checksum.value)
    common.append(littleEndian: UInt32(content.count))
    common.append(littleEndian: UInt32(content.count))
    common.append(littleEndian: UInt16(name.utf8.count))

    directory += Array("PK\u{1}\u{2}".utf8)
    directory.append(littleEndian: Self.version)
    directory += common
    // The lengths of extra field and comment, the disk, internal attributes; then external attributes.
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

  /// Writes the directory and the end record.
  func finish() throws {
    var end = Array("PK\u{5}\u{6}".utf8)
    // The numbers of this disk and of the directory's first; then the entries on this disk and in all.
    for number in [0, 0, memberCount, memberCount] { end.append(littleEndian: number) }
    end.append(littleEndian: UInt32(directory.count))
    end.append(littleEndian: UInt32(offset))
    // The length of the comment.
    end.append(littleEndian: UInt16(0))
    try sink.write(directory)
    try sink.write(end)
  }

  /// Returns an extra field that pads a header from `position` to a multiple of the alignment. PyTorch's ID for it is
  /// `FB`.
  private static func padding(toAlign position: Int) -> [UInt8] {
    let fieldHeaderByteCount = 4
    let count = (alignment - (position + fieldHeaderByteCount) % alignment) % alignment
    var field = Array("FB".utf8)
    field.append(littleEndian: UInt16(count))
    return field + [UInt8](repeating: UInt8(ascii: "Z"), count: count)
  }
}
