// Reads zip archives, as far as PyTorch writes them: stored entries, no comment, one disk.
//
//     entry*           "PK 3 4", a header of 30 bytes, the name, an extra field, the bytes; perhaps a data descriptor
//     directory        for each entry "PK 1 2", 46 bytes, the name, an extra field, a comment
//     end of zip64     optional: 56 bytes and a locator of 20
//     end              22 bytes
//
// Only the directory is trusted, and only if it fits the file: entries must come before it, must not overlap, and must
// have headers with the same names. The sizes in those headers may be 0, and are ignored. All this is checked when the
// archive is opened. The checksum of an entry is verified when it is read.

import TensorStream

/// A zip archive in memory whose directory has been checked.
struct ZipArchive {
  /// A file in the archive.
  struct Entry: Equatable {
    let name: String
    /// The offset of its header. Its bytes come later, in `range`.
    let headerOffset: Int
    let range: Range<Int>
    let checksum: UInt32
    /// The compression method; 0 if the entry is stored.
    let method: UInt16
  }

  let bytes: [UInt8]
  /// The entries by name; each name occurs once.
  let entries: [String: Entry]

  /// The limit of entries. PyTorch writes a few, and one for each tensor.
  static let maximumEntryCount = 65_535

  /// Reads and checks the directory of an archive.
  ///
  /// - Complexity: O(d + n log n) for a directory of d bytes with n entries.
  init(_ bytes: [UInt8]) throws(ZipProblem) {
    let end = try ZipEndRecord(bytes)
    var reader = ZipDirectoryReader(
      bytes: bytes, offset: end.directory.lowerBound, end: end.directory.upperBound)
    var entries: [String: Entry] = [:]
    while let entry = try reader.next() {
      guard entries.updateValue(entry, forKey: entry.name) == nil else { throw .duplicate(entry: entry.name) }
      guard entries.count <= Self.maximumEntryCount else {
        throw .tooManyEntries(limit: Self.maximumEntryCount)
      }
    }
    guard entries.count == end.entryCount else {
      throw .entryCount(found: entries.count, expected: end.entryCount)
    }
    try Self.checkApart(entries)
    self.bytes = bytes
    self.entries = entries
  }

  /// Refuses compressed entries. PyTorch only writes them for TorchScript programs.
  func checkStored() throws(ZipProblem) {
    let compressed = entries.values.filter { $0.method != 0 }.min { $0.name < $1.name }
    if let compressed { throw .compressed(entry: compressed.name, method: compressed.method) }
  }

  /// Returns the range of a stored entry's bytes, and verifies their checksum; `nil` if there is no such entry.
  ///
  /// - Complexity: O(bytes of the entry).
  func range(of name: String) throws(ZipProblem) -> Range<Int>? {
    guard let entry = entries[name] else { return nil }
    guard entry.method == 0 else { throw .compressed(entry: name, method: entry.method) }
    var checksum = CRC32()
    bytes.withUnsafeBytes { checksum.update(UnsafeRawBufferPointer(rebasing: $0[entry.range])) }
    guard checksum.value == entry.checksum else {
      throw .checksum(entry: name, expected: entry.checksum, found: checksum.value)
    }
    return entry.range
  }

  /// Checks that no byte belongs to two entries.
  ///
  /// - Complexity: O(n log n) for n entries.
  private static func checkApart(_ entries: [String: Entry]) throws(ZipProblem) {
    let sorted = entries.values.sorted { ($0.headerOffset, $0.name) < ($1.headerOffset, $1.name) }
    for (entry, next) in zip(sorted, sorted.dropFirst()) where next.headerOffset < entry.range.upperBound {
      throw .overlap(entry: next.name, other: entry.name)
    }
  }
}
