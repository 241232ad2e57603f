// Reads a stream's records, on demand or ahead of their use.
import ByteIO
import Threading

/// Reads records from a tensor stream in constant memory, and accepts only complete streams.
///
/// Joined streams (`cat a.raw b.raw`) are read as one if their records have the same format and their ends do not name
/// different classes or recipes.
public final class TensorStreamReader {
  /// The format of the records, known from the first header.
  public let format: RecordFormat
  /// The input's name in error messages.
  public let name: String
  /// The number of records read so far.
  public private(set) var recordCount = 0

  /// The places of the records in all chunks begun so far; empty unless `notesPlaces`.
  public private(set) var places = RecordPlaces()

  private let notesPlaces: Bool
  private let arrays: ArrayReader
  private var audit: StreamAudit
  /// The layout of the current chunk.
  private var layout: RecordLayout
  /// The number of records in the current chunk that have not been read yet.
  private var remaining: Int
  /// The error that follows the records returned so far. Once a stream has been refused, every later read throws it.
  private var failure: (any Error)?

  /// The class names from the stream's end; known after `read` has returned 0.
  public var classes: [String]? { audit.classes }
  /// The command lines of the tools that handled the data; known after `read` has returned 0.
  public var history: [String] { audit.history }
  /// The recipe that turned pictures into the images; known after `read` has returned 0.
  public var recipe: RecordedRecipe? { audit.recipe }
  /// The number of ends read so far: more than one if streams were joined.
  public var segmentCount: Int { audit.segmentCount }
  /// The number of chunks begun so far.
  public var chunkCount: Int { arrays.chunkCount }
  /// The number of bytes of the input used so far.
  public var byteCount: Int { arrays.input.offset }

  /// Reads the first header. Throws ``StreamError`` or ``FileError``; empty input is an error. With `notesPlaces`,
  /// memory grows with the number of chunks.
  public init(_ source: any ByteSource, notesPlaces: Bool = false) throws {
    self.notesPlaces = notesPlaces
    let arrays = ArrayReader(source)
    var audit = StreamAudit()
    // Streams without records may come first. They do not determine the format.
    while true {
      switch try arrays.next() {
      case .chunk(let layout, let recordCount):
        name = source.name
        format = layout.format
        (self.arrays, self.audit, self.layout, remaining) = (arrays, audit, layout, recordCount)
        if notesPlaces { places.append(layout, recordCount: recordCount, at: arrays.input.offset) }
        return
      case .end(let end):
        try audit.close(with: end, at: arrays.place, classCount: nil)
      case nil:
        throw StreamError.noRecords(name: source.name)
      }
    }
  }

  /// Replaces the batch's content with the next records, up to `limit` of those available without waiting. Returns
  /// their number: 0 only at the proper end of the stream, after counts and CRCs have been verified.
  ///
  /// "Without waiting" means that one read of the source is enough if it yields a record, so that a filter on a slow
  /// pipe answers record by record. An error in the stream is thrown after all records before it have been returned.
  ///
  /// - Complexity: O(n) for n bytes of records that are returned, besides the wait. Memory is a buffer of the bytes
  ///   that arrived and were not yet returned, and so does not grow with the stream.
  public func read(into batch: inout RecordBatch, limit: Int) throws -> Int {
    batch.removeAll()
    if try waitForRecord() { try append(to: &batch, limit: limit) }
    return batch.count
  }

  /// Whether a whole record is in the buffer, so that no read is needed.
  var holdsRecord: Bool { remaining > 0 && arrays.input.count >= layout.recordByteCount }

  /// Reads until a whole record is in the buffer. Returns `false` at the proper end of the stream.
  public func waitForRecord() throws -> Bool {
    if let failure { throw failure }
    do {
      while !holdsRecord {
        if remaining > 0 {
          try fill()
        } else if try !nextArray() {
          return false
        }
      }
      return true
    } catch {
      failure = error
      throw error
    }
  }

  /// Appends the records that are available without waiting until the batch has `limit` records. After `waitForRecord`
  /// has returned `true`, appends at least one, if the batch has room.
  ///
  /// - Complexity: O(n) for n bytes of records that are appended.
  public func append(to batch: inout RecordBatch, limit: Int) throws {
    precondition(batch.format == format, "a batch of \(batch.format) for a stream of \(format)")
    precondition(limit > 0, "a limit of \(limit) records")
    let oldCount = batch.count
    defer { recordCount += batch.count - oldCount }
    do {
      while batch.count < limit {
        if holdsRecord {
          try decode(into: &batch, limit: limit - batch.count)
        } else if remaining > 0 || !arrays.holdsHeader {
          break
        } else if try !nextArray() {
          break
        }
      }
    } catch {
      failure = error
      batch.truncate(to: batch.count)
      // The records before the error are good and are returned first.
      if batch.count == oldCount { throw error }
    }
  }

  /// Moves to the next array. Returns `false` at the end of the input.
  private func nextArray() throws -> Bool {
    switch try arrays.next() {
    case .chunk(let layout, let recordCount):
      guard layout.format == format else {
        throw StreamError.formatChanges(arrays.place, expected: format, found: layout.format)
      }
      self.layout = layout
      remaining = recordCount
      if notesPlaces { places.append(layout, recordCount: recordCount, at: arrays.input.offset) }
    case .end(let end):
      try audit.close(with: end, at: arrays.place, classCount: format.classCount)
    case nil:
      return false
    }
    return true
  }

  /// Reads once to complete a record. Throws if the input ends.
  private func fill() throws {
    if try arrays.input.fill() { return }
    // The product did not overflow when the header was read.
    let missing = remaining * layout.recordByteCount - arrays.input.count
    throw StreamError.truncatedRecords(place(arrays.input.offset + arrays.input.count), missing: missing)
  }

  /// Decodes the chunk's records that are whole in the buffer, up to the first bad one. Throws if the first record is
  /// bad; the caller must then truncate the batch.
  private func decode(into batch: inout RecordBatch, limit: Int) throws {
    let input = arrays.input
    let count = min(input.count / layout.recordByteCount, remaining, limit)
    let records = UnsafeRawBufferPointer(rebasing: input.bytes.prefix(count * layout.recordByteCount))
    do {
      try layout.decode(records, count: count, into: &batch)
    } catch {
      let goodCount = error.offset / layout.recordByteCount
      if goodCount == 0 { throw StreamError.record(place(input.offset + error.offset), error.problem) }
      batch.truncate(to: batch.count)
      return try decode(into: &batch, limit: goodCount)
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

/// Supplies a `ReadAhead` with a stream's records in batches. A batch has the records that are available without
/// waiting, up to a limit.
public final class RecordProducer: BatchProducer {
  private let reader: TensorStreamReader
  private let limit: Int

  /// Creates a producer of batches of up to `limit` records.
  public init(_ reader: TensorStreamReader, limit: Int) {
    self.reader = reader
    self.limit = limit
  }

  public func wait() throws -> Bool { try reader.waitForRecord() }

  public func fill(_ batch: inout RecordBatch, adding: Bool) throws -> Bool {
    if !adding { batch.removeAll() }
    try reader.append(to: &batch, limit: limit)
    return batch.count < limit
  }

  public var isReady: Bool { reader.holdsRecord }
}
