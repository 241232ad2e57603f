// Where the records of a stream lie, so that they can be found again in a file.

/// The places of all records of a stream that was read to its end: some ten bytes of memory for a hundred records.
public struct RecordPlaces: Equatable, Sendable {
  private struct Chunk: Equatable {
    /// The number of its first record, and the place of that in the stream.
    let firstRecord: Int
    let offset: Int
    let recordByteCount: Int
  }

  private var chunks: [Chunk] = []
  /// The records in all chunks.
  public private(set) var count = 0

  mutating func append(_ layout: RecordLayout, recordCount: Int, at offset: Int) {
    guard recordCount > 0 else { return }
    chunks.append(Chunk(firstRecord: count, offset: offset, recordByteCount: layout.recordByteCount))
    count += recordCount
  }

  /// The bytes of a record, counted from the beginning of the stream. An image is the first of a record's fields.
  /// O(log chunks).
  public func bytes(of record: Int) -> Range<Int> {
    precondition(0..<count ~= record, "record \(record) of \(count)")
    let chunk = chunks[chunks.partitioningIndex { $0.firstRecord > record } - 1]
    let offset = chunk.offset + (record - chunk.firstRecord) * chunk.recordByteCount
    return offset..<offset + chunk.recordByteCount
  }
}

extension Array {
  /// The first index whose element satisfies a condition, which all elements after it satisfy; the count if none does.
  /// O(log n).
  package func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
