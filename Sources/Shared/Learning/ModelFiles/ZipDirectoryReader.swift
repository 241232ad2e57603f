// Reads the directory of a zip archive, and checks each entry against its own header.

/// Reads the entries of a directory, in order.
struct ZipDirectoryReader {
  private let bytes: [UInt8]
  private var offset: Int
  /// The end and the beginning of the directory. The bytes of entries come before the beginning.
  private let end: Int
  private let start: Int

  private static let byteCount = 46
  private static let headerByteCount = 30

  init(bytes: [UInt8], offset: Int, end: Int) {
    self.bytes = bytes
    self.offset = offset
    self.end = end
    start = offset
  }

  /// Returns the next entry; `nil` at the end of the directory.
  mutating func next() throws(ZipProblem) -> ZipArchive.Entry? {
    guard offset < end else { return nil }
    let place = offset
    guard end - place >= Self.byteCount, bytes.littleEndian(UInt32.self, at: place) == 0x0201_4b50 else {
      throw .noDirectoryEntry(offset: place)
    }
    let nameEnd = place + Self.byteCount + Int(field16(place + 28))
    let extraEnd = nameEnd + Int(field16(place + 30))
    let commentByteCount = Int(field16(place + 32))
    guard extraEnd + commentByteCount <= end else { throw .noDirectoryEntry(offset: place) }
    let name = try name(place + Self.byteCount..<nameEnd, place: place)
    try checkPlain(name, place)
    guard commentByteCount == 0 else { throw .entryComment(entry: name) }
    let sizes = try sizes(name, place, extra: nameEnd..<extraEnd)
    offset = extraEnd
    return try entry(name, place, sizes)
  }

  /// Returns the 16 bits at an offset, which must have been checked.
  private func field16(_ offset: Int) -> UInt16 { bytes.littleEndian(UInt16.self, at: offset) ?? 0 }
  /// Returns the 32 bits at an offset, which must have been checked.
  private func field32(_ offset: Int) -> UInt32 { bytes.littleEndian(UInt32.self, at: offset) ?? 0 }

  /// Returns the name in this range. It must be a relative path without `.`, `..` and empty parts, so that no two
  /// names mean the same file.
  private func name(_ range: Range<Int>, place: Int) throws(ZipProblem) -> String {
    guard let name = String(validating: bytes[range], as: UTF8.self),
      !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0 == "\\" }),
      name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({
        !["", ".", ".."].contains($0)
      })
    else { throw .badName(offset: place, name: String(decoding: bytes[range], as: UTF8.self)) }
    return name
  }

  /// Refuses encrypted entries, and flags other than "a data descriptor follows" and "the name is UTF-8", since they
  /// change the meaning of the bytes.
  private func checkPlain(_ name: String, _ place: Int) throws(ZipProblem) {
    let flags = field16(place + 8)
    guard flags & 1 == 0 else { throw .encrypted(entry: name) }
    guard flags & ~0x0808 == 0 else { throw .unknownFlags(entry: name, flags: flags) }
    let disk = field16(place + 34)
    guard disk == 0 else { throw .severalDisks }
  }

  private struct Sizes {
    /// The number of stored bytes.
    let byteCount: UInt64
    let headerOffset: UInt64
  }

  /// Returns the sizes in the directory; those that do not fit in 32 bits come from the zip64 field.
  private func sizes(_ name: String, _ place: Int, extra: Range<Int>) throws(ZipProblem) -> Sizes {
    let narrow = [field32(place + 24), field32(place + 20), field32(place + 42)]
    var wide = try zip64Field(name, extra)[...]
    var values: [UInt64] = []
    for value in narrow {
      if value != .max {
        values.append(UInt64(value))
      } else if let next = wide.popFirst() {
        values.append(next)
      } else {
        throw .zip64Field(entry: name)
      }
    }
    guard wide.isEmpty else { throw .zip64Field(entry: name) }
    let isStored = field16(place + 10) == 0
    guard values[0] == values[1] || !isStored else {
      throw .sizesDiffer(entry: name, stored: values[1], original: values[0])
    }
    return Sizes(byteCount: values[1], headerOffset: values[2])
  }

  /// Returns the numbers of the extra field 1; at most three, since there is only one disk.
  private func zip64Field(_ name: String, _ extra: Range<Int>) throws(ZipProblem) -> [UInt64] {
    var numbers: [UInt64]?
    var offset = extra.lowerBound
    while offset < extra.upperBound {
      guard extra.upperBound - offset >= 4 else { throw .extraField(entry: name, offset: offset) }
      let fieldEnd = offset + 4 + Int(field16(offset + 2))
      guard fieldEnd <= extra.upperBound else { throw .extraField(entry: name, offset: offset) }
      if field16(offset) == 1 {
        let byteCount = fieldEnd - offset - 4
        guard numbers == nil, byteCount % 8 == 0, byteCount <= 24 else { throw .zip64Field(entry: name) }
        numbers = stride(from: offset + 4, to: fieldEnd, by: 8).compactMap {
          bytes.littleEndian(UInt64.self, at: $0)
        }
      }
      offset = fieldEnd
    }
    return numbers ?? []
  }

  /// Returns the entry, whose bytes come after its own header.
  private func entry(_ name: String, _ place: Int, _ sizes: Sizes) throws(ZipProblem) -> ZipArchive.Entry {
    let limit = UInt64(start)
    guard sizes.headerOffset <= limit, limit - sizes.headerOffset >= UInt64(Self.headerByteCount) else {
      throw .outside(entry: name, offset: sizes.headerOffset, byteCount: sizes.byteCount, limit: start)
    }
    let header = Int(sizes.headerOffset)
    let method = field16(place + 10)
    guard field32(header) == 0x0403_4b50, field16(header + 8) == method, field16(header + 6) & ~0x0808 == 0
    else {
      throw .noHeader(entry: name, offset: header)
    }
    let nameEnd = header + Self.headerByteCount + Int(field16(header + 26))
    let dataStart = nameEnd + Int(field16(header + 28))
    guard dataStart <= start, sizes.byteCount <= UInt64(start - dataStart) else {
      throw .outside(entry: name, offset: UInt64(dataStart), byteCount: sizes.byteCount, limit: start)
    }
    guard bytes[header + Self.headerByteCount..<nameEnd].elementsEqual(name.utf8) else {
      throw .nameDiffers(entry: name, offset: header)
    }
    return ZipArchive.Entry(
      name: name, headerOffset: header, range: dataStart..<dataStart + Int(sizes.byteCount),
      checksum: field32(place + 16), method: method)
  }
}
