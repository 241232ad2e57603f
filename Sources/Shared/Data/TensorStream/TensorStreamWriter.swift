import ByteIO

/// Writes records as a tensor stream of one segment. The same records always give the same bytes.
public final class TensorStreamWriter {
  public let format: RecordFormat
  /// The number of records appended so far.
  public private(set) var recordCount = 0

  private let sink: any ByteSink
  /// The records of the next chunk.
  private var pending: RecordBatch
  /// The size in bytes of the longest name in `pending`, at least 1: NumPy cannot use fields of width 0.
  private var nameByteCount = 1
  private var checksum = CRC32()
  /// The largest label so far and its record. `finish` compares it with the number of classes.
  private var largestLabel: (value: UInt8, record: Int)?
  private var isFinished = false

  public init(_ sink: any ByteSink, format: RecordFormat) {
    self.sink = sink
    self.format = format
    pending = RecordBatch(format: format)
  }

  /// Appends the records `rows` of a batch (all of them by default). Each chunk is written as soon as it is full.
  ///
  /// Throws a ``StreamError`` for records that a reader would refuse: sizes beyond the limits, names that are too long
  /// or contain a NUL, labels that are not below the number of classes, and values that are not probabilities or
  /// logarithms of probabilities.
  ///
  /// - Complexity: O(n) for n bytes of records. Memory holds one chunk (``StreamLimits``).
  public func append(_ batch: RecordBatch, rows: Range<Int>? = nil) throws {
    var rows = rows ?? 0..<batch.count
    precondition(!isFinished, "records after the end")
    precondition(batch.format == format, "records of \(batch.format) for a stream of \(format)")
    precondition(batch.isConsistent, "columns of different lengths")
    precondition(0 <= rows.lowerBound && rows.upperBound <= batch.count, "rows \(rows) of \(batch.count)")
    guard format.isWithinLimits else { throw StreamError.unwritableFormat(name: sink.name, format) }
    try check(batch, rows)
    while !rows.isEmpty {
      let taken = rows.prefix(rowsThatFit(of: batch, rows))
      if taken.isEmpty { try writeChunk() }
      pending.append(taken, of: batch)
      recordCount += taken.count
      rows = taken.upperBound..<rows.upperBound
      if !fits(pending.count + 1, nameByteCount) { try writeChunk() }
    }
  }

  /// Writes the last chunk and the end. Call this once, and only after the whole input has been read and accepted.
  /// The sink is not committed.
  ///
  /// Throws a ``StreamError`` for an end that a reader would refuse: class names that are empty or appear twice, or
  /// fewer names than the labels need.
  ///
  /// - Complexity: O(c) for c bytes of the last chunk and the end, and O(k²) for k class names, at most 256.
  public func finish(classes: [String]?, history: [String], recipe: RecordedRecipe? = nil) throws {
    precondition(!isFinished, "finished twice")
    guard format.isWithinLimits else { throw StreamError.unwritableFormat(name: sink.name, format) }
    if let classes { try check(classes) }
    if pending.count > 0 { try writeChunk() }
    isFinished = true
    let end = StreamEnd(
      classes: classes, checksum: checksum.value, history: history, recordCount: recordCount, recipe: recipe)
    let text = Array(end.text.utf8)
    guard text.count <= StreamLimits.endByteCount else {
      throw StreamError.unwritableEnd(name: sink.name, .tooLong(byteCount: text.count))
    }
    try sink.write(ArrayHeader.end(byteCount: text.count).bytes)
    try sink.write(text)
  }

  // MARK: Chunks

  /// Whether a chunk can hold `count` records with names of this width. One record always fits; more must stay within
  /// ``StreamLimits``.
  private func fits(_ count: Int, _ nameByteCount: Int) -> Bool {
    let recordByteCount = RecordLayout(format: format, nameByteCount: nameByteCount).recordByteCount
    return count <= 1
      || count <= StreamLimits.chunkRecordCount && count * recordByteCount <= StreamLimits.chunkByteCount
  }

  /// Returns how many of the rows, from the first on, fit into the pending chunk. A long name widens the field of every
  /// record in its chunk. Whether a record fits therefore depends only on the records before it.
  private func rowsThatFit(of batch: RecordBatch, _ rows: Range<Int>) -> Int {
    var count = 0
    while count < rows.count {
      let name = format.hasNames ? batch.names[rows.lowerBound + count] : []
      let width = max(nameByteCount, name.count)
      guard fits(pending.count + count + 1, width) else { break }
      nameByteCount = width
      count += 1
    }
    return count
  }

  private func writeChunk() throws {
    let layout = RecordLayout(format: format, nameByteCount: nameByteCount)
    let records = layout.encode(pending)
    records.withUnsafeBytes { checksum.update($0) }
    try sink.write(ArrayHeader.chunk(layout, recordCount: pending.count).bytes)
    try sink.write(records)
    pending.removeAll()
    nameByteCount = 1
  }

  // MARK: Checks

  private func check(_ batch: RecordBatch, _ rows: Range<Int>) throws {
    for row in rows {
      if let problem = problem(of: batch, row) {
        let record = recordCount + row - rows.lowerBound
        throw StreamError.unwritableRecord(name: sink.name, record: record, problem)
      }
    }
    guard format.hasLabels else { return }
    for row in rows where largestLabel.map({ batch.labels[row] > $0.value }) ?? true {
      largestLabel = (batch.labels[row], recordCount + row - rows.lowerBound)
    }
  }

  private func problem(of batch: RecordBatch, _ row: Int) -> RecordProblem? {
    if format.hasNames, let problem = RecordProblem(name: batch.names[row]) { return problem }
    guard let classCount = format.classCount else { return nil }
    if format.hasLabels, batch.labels[row] >= classCount {
      return .labelTooLarge(label: batch.labels[row], classCount: classCount)
    }
    if batch.predicted[row] >= classCount {
      return .predictedTooLarge(label: batch.predicted[row], classCount: classCount)
    }
    return batch.probabilities[row * classCount..<(row + 1) * classCount].lazy
      .compactMap { RecordProblem(probability: $0, isLogarithm: self.format.isLogarithmic) }.first
  }

  private func check(_ classes: [String]) throws {
    do {
      try StreamEnd.check(classes: classes)
      if let classCount = format.classCount, classCount != classes.count {
        throw EndProblem.classCountDiffers(predictions: classCount, names: classes.count)
      }
    } catch let problem as EndProblem {
      throw StreamError.unwritableEnd(name: sink.name, problem)
    }
    if let largestLabel, largestLabel.value >= classes.count {
      let problem = RecordProblem.labelTooLarge(label: largestLabel.value, classCount: classes.count)
      throw StreamError.unwritableRecord(name: sink.name, record: largestLabel.record, problem)
    }
  }
}
