// The offsets of a stream's records, by which they can be found again in a file.

/// The offsets of all records of a stream that was read to its end. Takes about ten bytes of memory per hundred
/// records.
public struct RecordPlaces: Equatable, Sendable {
  private struct Chunk: Equatable {
    /// The number of the chunk's first record.
    let firstRecord: Int
    /// The offset of the first record in bytes from the beginning of the stream.
    let offset: Int
    let recordByteCount: Int
  }

  private var chunks: [Chunk] = []
  /// The number of records in all chunks.
  public private(set) var count = 0

  mutating func append(_ layout: RecordLayout, recordCount: Int, at offset: Int) {
    guard recordCount > 0 else { return }
    chunks.append(Chunk(firstRecord: count, offset: offset, recordByteCount: layout.recordByteCount))
    count += recordCount
  }

  /// Returns the range of a record's bytes, counted from the beginning of the stream. An image is the record's first
  /// field.
  ///
  /// - Complexity: O(log n) for n chunks.
  public func bytes(of record: Int) -> Range<Int> {
    precondition(0..<count ~= record, "record \(record) of \(count)")
    let chunk = chunks[chunks.partitioningIndex { $0.firstRecord > record } - 1]
    let offset = chunk.offset + (record - chunk.firstRecord) * chunk.recordByteCount
    return offset..<offset + chunk.recordByteCount
  }
}

extension Array {
  /// Returns the first index whose element satisfies the condition, or the count if none does. All elements after the
  /// first that satisfies it must satisfy it, too.
  ///
  /// - Complexity: O(log n) for n elements.
  package func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
