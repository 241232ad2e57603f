import ByteIO

/// Reads records from a tensor stream, in constant memory, and accepts the stream only whole.
///
/// Joined streams (`cat a.raw b.raw`) are read as one where their records have one format and their ends do not name
/// different classes.
public final class TensorStreamReader {
  /// What the records hold, known from the first header.
  public let format: RecordFormat
  /// What error messages call the input.
  public let name: String
  /// The records read so far.
  public private(set) var recordCount = 0

  private let arrays: ArrayReader
  private var audit: StreamAudit
  /// The chunk that is being read.
  private var layout: RecordLayout
  /// The records of the chunk that are not yet read.
  private var remaining: Int

  /// The class names that the stream's end carries; known after `read` has returned 0.
  public var classes: [String]? { audit.classes }
  /// The command lines of the tools that handled the data; known after `read` has returned 0.
  public var history: [String] { audit.history }
  /// The ends read so far: more than one where streams were joined.
  public var segmentCount: Int { audit.segmentCount }
  /// The chunks begun so far.
  public var chunkCount: Int { arrays.chunkCount }
  /// The bytes of the input that were used so far.
  public var byteCount: Int { arrays.input.offset }

  /// Reads the first header. Throws ``StreamError`` or ``FileError``; empty input is an error.
  public init(_ source: any ByteSource) throws {
    let arrays = ArrayReader(source)
    var audit = StreamAudit()
    // Streams without records may come first; they say nothing about the format.
    while true {
      switch try arrays.next() {
      case .chunk(let layout, let recordCount):
        name = source.name
        format = layout.format
        (self.arrays, self.audit, self.layout, remaining) = (arrays, audit, layout, recordCount)
        return
      case .end(let end):
        try audit.close(with: end, at: arrays.place, classCount: nil)
      case nil:
        throw StreamError.noRecords(name: source.name)
      }
    }
  }

  /// Replaces the batch's content by the next records, as many as are there without waiting and at most `limit`, and
  /// returns how many: 0 only at the proper end of the stream, with counts and CRCs verified.
  ///
  /// "Without waiting": one read of the source that yields at least a record is enough, so that a filter on a slow
  /// pipe answers record by record.
  public func read(into batch: inout RecordBatch, limit: Int) throws -> Int {
    precondition(batch.format == format, "a batch of \(batch.format) for a stream of \(format)")
    precondition(limit > 0, "a limit of \(limit) records")
    batch.removeAll()
    while batch.count < limit {
      if remaining == 0 {
        if batch.count > 0 && !arrays.holdsHeader { break }
        guard try nextArray() else { break }
      } else if arrays.input.count >= layout.recordByteCount {
        try decode(into: &batch, limit: limit - batch.count)
      } else if batch.count > 0 {
        break
      } else {
        try fill()
      }
    }
    recordCount += batch.count
    return batch.count
  }

  /// Goes on to the next array, and returns `false` at the end of the input.
  private func nextArray() throws -> Bool {
    switch try arrays.next() {
    case .chunk(let layout, let recordCount):
      guard layout.format == format else {
        throw StreamError.formatChanges(arrays.place, expected: format, found: layout.format)
      }
      self.layout = layout
      remaining = recordCount
    case .end(let end):
      try audit.close(with: end, at: arrays.place, classCount: format.classCount)
    case nil:
      return false
    }
    return true
  }

  /// Reads once, for the rest of a record.
  private func fill() throws {
    if try arrays.input.fill() { return }
    // The product did not overflow when the header was read.
    let missing = remaining * layout.recordByteCount - arrays.input.count
    throw StreamError.truncatedRecords(place(arrays.input.offset + arrays.input.count), missing: missing)
  }

  /// Takes the whole records of the chunk that are in the buffer.
  private func decode(into batch: inout RecordBatch, limit: Int) throws {
    let input = arrays.input
    let count = min(input.count / layout.recordByteCount, remaining, limit)
    let records = UnsafeRawBufferPointer(rebasing: input.bytes.prefix(count * layout.recordByteCount))
    do {
      try layout.decode(records, count: count, into: &batch)
    } catch {
      throw StreamError.record(place(input.offset + error.offset), error.problem)
    }
    audit.add(records, count: count)
    if format.hasLabels {
      let labelPlace = place(input.offset + layout.labelOffset)
      audit.add(labels: batch.labels.suffix(count), place: labelPlace, stride: layout.recordByteCount)
    }
    input.consume(records.count)
    remaining -= count
  }

  private func place(_ offset: Int) -> StreamPlace {
    StreamPlace(name: name, part: .chunk(arrays.chunkCount), offset: offset)
  }
}
