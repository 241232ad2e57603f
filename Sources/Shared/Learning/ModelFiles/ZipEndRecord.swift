// The end record of a zip archive, which gives the position of the directory. It must be the last 22 bytes of the file:
// without a search, no comment can pose as another end record.

/// The end record, combined with the zip64 record if there is one.
struct ZipEndRecord: Equatable {
  let entryCount: Int
  let directory: Range<Int>

  private static let byteCount = 22
  private static let locatorByteCount = 20
  private static let zip64ByteCount = 56

  init(_ bytes: [UInt8]) throws(ZipProblem) {
    let start = bytes.count - Self.byteCount
    guard bytes.littleEndian(UInt32.self, at: start) == 0x0605_4b50,
      let disk = bytes.littleEndian(UInt16.self, at: start + 4),
      let directoryDisk = bytes.littleEndian(UInt16.self, at: start + 6),
      let countHere = bytes.littleEndian(UInt16.self, at: start + 8),
      let count = bytes.littleEndian(UInt16.self, at: start + 10),
      let directoryByteCount = bytes.littleEndian(UInt32.self, at: start + 12),
      let directoryOffset = bytes.littleEndian(UInt32.self, at: start + 16),
      let commentByteCount = bytes.littleEndian(UInt16.self, at: start + 20)
    else { throw .noEndRecord(byteCount: bytes.count) }
    guard commentByteCount == 0 else { throw .comment(byteCount: Int(commentByteCount)) }
    guard disk == 0, directoryDisk == 0, countHere == count else { throw .severalDisks }
    var fields = Fields(
      count: UInt64(count), byteCount: UInt64(directoryByteCount), offset: UInt64(directoryOffset))
    var end = start
    let locator = start - Self.locatorByteCount
    if bytes.littleEndian(UInt32.self, at: locator) == 0x0706_4b50 {
      end = locator - Self.zip64ByteCount
      fields = try Self.zip64(bytes, locator: locator, start: end, fields)
    }
    // Sums of 64-bit numbers from a file may overflow, but differences of checked ones cannot.
    guard fields.offset <= UInt64(end), fields.byteCount == UInt64(end) - fields.offset else {
      throw .directoryMisplaced(offset: fields.offset, byteCount: fields.byteCount, end: end)
    }
    guard fields.count <= UInt64(ZipArchive.maximumEntryCount) else {
      throw .tooManyEntries(limit: ZipArchive.maximumEntryCount)
    }
    entryCount = Int(fields.count)
    directory = Int(fields.offset)..<end
  }

  private struct Fields {
    var count: UInt64
    var byteCount: UInt64
    var offset: UInt64
  }

  /// Returns the fields of the zip64 record, which must be directly before its locator. They must equal those of the
  /// end record, except for those with the value that stands for "see zip64".
  private static func zip64(
    _ bytes: [UInt8], locator: Int, start: Int, _ fields: Fields
  ) throws(ZipProblem) -> Fields {
    guard bytes.littleEndian(UInt32.self, at: start) == 0x0606_4b50,
      bytes.littleEndian(UInt64.self, at: locator + 8) == UInt64(start),
      bytes.littleEndian(UInt64.self, at: start + 4) == UInt64(zip64ByteCount - 12),
      let disk = bytes.littleEndian(UInt32.self, at: start + 16),
      let directoryDisk = bytes.littleEndian(UInt32.self, at: start + 20),
      let countHere = bytes.littleEndian(UInt64.self, at: start + 24),
      let count = bytes.littleEndian(UInt64.self, at: start + 32),
      let byteCount = bytes.littleEndian(UInt64.self, at: start + 40),
      let offset = bytes.littleEndian(UInt64.self, at: start + 48)
    else { throw .zip64Misplaced(locator: locator) }
    guard disk == 0, directoryDisk == 0, countHere == count else { throw .severalDisks }
    guard fields.count == count || fields.count == 0xffff,
      fields.byteCount == byteCount || fields.byteCount == 0xffff_ffff,
      fields.offset == offset || fields.offset == 0xffff_ffff
    else { throw .zip64Contradicts(offset: start) }
    return Fields(count: count, byteCount: byteCount, offset: offset)
  }
}
