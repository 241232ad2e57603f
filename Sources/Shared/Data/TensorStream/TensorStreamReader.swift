import ByteIO

/// Reads records from a tensor stream, in constant memory, and accepts the stream only whole.
///
/// Joined streams (`cat a.raw b.raw`) are read as one where their records have one format and their ends do not name
/// different classes or recipes.
public final class TensorStreamReader {
  /// What the records hold, known from the first header.
  public let format: RecordFormat
  /// What error messages call the input.
  public let name: String
  /// The records read so far.
  public private(set) var recordCount = 0

  /// Where the records begun so far lie, if `notesPlaces`.
  public private(set) var places = RecordPlaces()

  private let notesPlaces: Bool
  private let arrays: ArrayReader
  private var audit: StreamAudit
  /// The chunk that is being read.
  private var layout: RecordLayout
  /// The records of the chunk that are not yet read.
  private var remaining: Int
  /// What is wrong with the stream behind the records that were given out. A stream that was refused stays refused.
  private var failure: (any Error)?

  /// The class names that the stream's end carries; known after `read` has returned 0.
  public var classes: [String]? { audit.classes }
  /// The command lines of the tools that handled the data; known after `read` has returned 0.
  public var history: [String] { audit.history }
  /// What the stream's end says of how pictures became its images; known after `read` has returned 0.
  public var recipe: RecordedRecipe? { audit.recipe }
  /// The ends read so far: more than one where streams were joined.
  public var segmentCount: Int { audit.segmentCount }
  /// The chunks begun so far.
  public var chunkCount: Int { arrays.chunkCount }
  /// The bytes of the input that were used so far.
  public var byteCount: Int { arrays.input.offset }

  /// Reads the first header. Throws ``StreamError`` or ``FileError``; empty input is an error. To note places takes memory
  /// for each chunk.
  public init(_ source: any ByteSource, notesPlaces: Bool = false) throws {
    self.notesPlaces = notesPlaces
    let arrays = ArrayReader(source)
    var audit = StreamAudit()
    // Streams without records may come first; they say nothing about the format.
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

  /// Replaces the batch's content by the next records, as many as are there without waiting and at most `limit`, and
  /// returns how many: 0 only at the proper end of the stream, with counts and CRCs verified.
  ///
  /// "Without waiting": one read of the source that yields at least a record is enough, so that a filter on a slow
  /// pipe answers record by record. What is wrong with the stream is thrown when all records before it were given out.
  public func read(into batch: inout RecordBatch, limit: Int) throws -> Int {
    batch.removeAll()
    if try waitForRecord() { try append(to: &batch, limit: limit) }
    return batch.count
  }

  /// Whether a record is there without reading.
  public var holdsRecord: Bool { remaining > 0 && arrays.input.count >= layout.recordByteCount }

  /// Reads until a record is there, and returns `false` at the proper end of the stream.
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

  /// Appends the records that are there without waiting, until the batch has `limit`; at least one after
  /// `waitForRecord` returned `true`, if there is room.
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
      // What came before is good, and given out first.
      if batch.count == oldCount { throw error }
    }
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
      if notesPlaces { places.append(layout, recordCount: recordCount, at: arrays.input.offset) }
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

  /// Takes the whole records of the chunk that are in the buffer, up to a bad one. Throws if the first is bad; the batch
  /// then has to be truncated.
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
