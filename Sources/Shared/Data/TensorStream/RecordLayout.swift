// The bytes of records: where each field is, and the conversion between a batch's columns and interleaved records.
// Unsafe buffers stay in this file.

/// The layout of a chunk's records: their format, and the width of names in this chunk. Offsets and sizes are in bytes.
struct RecordLayout: Equatable {
  let format: RecordFormat
  /// The width of the name field, 0 if records have no names.
  let nameByteCount: Int

  let labelOffset: Int
  let nameOffset: Int
  let predictedOffset: Int
  let probabilityOffset: Int
  let recordByteCount: Int

  init(format: RecordFormat, nameByteCount: Int) {
    self.format = format
    self.nameByteCount = format.hasNames ? nameByteCount : 0
    labelOffset = format.imageShape?.byteCount ?? 0
    nameOffset = labelOffset + (format.hasLabels ? 1 : 0)
    predictedOffset = nameOffset + self.nameByteCount
    if let classCount = format.classCount {
      probabilityOffset = predictedOffset + 1
      recordByteCount = probabilityOffset + classCount * MemoryLayout<Float>.size
    } else {
      probabilityOffset = predictedOffset
      recordByteCount = predictedOffset
    }
  }
}

// MARK: - Encoding

extension RecordLayout {
  /// Returns the bytes of all records of a batch, [batch.count, recordByteCount]. Its names must fit the layout.
  ///
  /// - Complexity: O(n) for n bytes of records, in time and memory.
  func encode(_ batch: RecordBatch) -> [UInt8] {
    let byteCount = batch.count * recordByteCount
    return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initializedCount in
      if let base = buffer.baseAddress.map({ UnsafeMutableRawPointer($0) }) { encode(batch, to: base) }
      initializedCount = byteCount
    }
  }

  private func encode(_ batch: RecordBatch, to base: UnsafeMutableRawPointer) {
    if let shape = format.imageShape {
      copy(batch.images, byteCount: shape.byteCount, count: batch.count, to: base)
    }
    if format.hasLabels { copy(batch.labels, byteCount: 1, count: batch.count, to: base + labelOffset) }
    if format.hasNames { encodeNames(batch.names, to: base + nameOffset) }
    if let classCount = format.classCount {
      copy(batch.predicted, byteCount: 1, count: batch.count, to: base + predictedOffset)
      encodeProbabilities(batch, classCount, to: base + probabilityOffset)
    }
  }

  /// Copies a column of `byteCount` bytes per record to the field that starts at `first` in the first record.
  private func copy(_ column: [UInt8], byteCount: Int, count: Int, to first: UnsafeMutableRawPointer) {
    column.withUnsafeBytes { source in
      precondition(source.count == count * byteCount, "\(source.count) bytes for \(count) records")
      guard let start = source.baseAddress else { return }
      for record in 0..<count {
        (first + record * recordByteCount).copyMemory(from: start + record * byteCount, byteCount: byteCount)
      }
    }
  }

  /// Copies names to their fields and pads each with NULs to the width of the field.
  private func encodeNames(_ names: [[UInt8]], to first: UnsafeMutableRawPointer) {
    for (record, name) in names.enumerated() {
      precondition(
        name.count <= nameByteCount, "a name of \(name.count) bytes in a field of \(nameByteCount)")
      let field = UnsafeMutableRawBufferPointer(start: first + record * recordByteCount, count: nameByteCount)
      field.copyBytes(from: name)
      UnsafeMutableRawBufferPointer(rebasing: field[name.count...]).initializeMemory(
        as: UInt8.self, repeating: 0)
    }
  }

  private func encodeProbabilities(_ batch: RecordBatch, _ classCount: Int, to first: UnsafeMutableRawPointer)
  {
    for record in 0..<batch.count {
      for index in 0..<classCount {
        let bits = batch.probabilities[record * classCount + index].bitPattern.littleEndian
        let offset = record * recordByteCount + index * MemoryLayout<Float>.size
        first.storeBytes(of: bits, toByteOffset: offset, as: UInt32.self)
      }
    }
  }
}

// MARK: - Decoding

/// A record that is refused, and the offset of the bad value in the decoded bytes.
struct BadRecord: Error {
  let offset: Int
  let problem: RecordProblem
}

extension RecordLayout {
  /// Appends all of `records` to the batch, column by column: `count` records of `recordByteCount` bytes. If it throws,
  /// the columns may be longer than the batch's count.
  ///
  /// - Complexity: O(n) for n bytes of records.
  func decode(_ records: UnsafeRawBufferPointer, count: Int, into batch: inout RecordBatch) throws(BadRecord)
  {
    precondition(records.count == count * recordByteCount, "\(records.count) bytes for \(count) records")
    guard let base = records.baseAddress else { return }
    if let shape = format.imageShape { decodeImages(base, count, shape.byteCount, into: &batch.images) }
    if format.hasLabels { decodeBytes(base + labelOffset, count, into: &batch.labels) }
    if format.hasNames { try decodeNames(base, count, into: &batch.names) }
    if let classCount = format.classCount {
      try check(base, count, at: labelOffset, isThere: format.hasLabels) { label in
        label < classCount ? nil : .labelTooLarge(label: label, classCount: classCount)
      }
      try check(base, count, at: predictedOffset, isThere: true) { label in
        label < classCount ? nil : .predictedTooLarge(label: label, classCount: classCount)
      }
      decodeBytes(base + predictedOffset, count, into: &batch.predicted)
      try decodeProbabilities(base, count, classCount, into: &batch.probabilities)
    }
    batch.count += count
  }

  private func decodeImages(
    _ base: UnsafeRawPointer, _ count: Int, _ byteCount: Int, into images: inout [UInt8]
  ) {
    images.reserveCapacity(images.count + count * byteCount)
    for record in 0..<count {
      let image = (base + record * recordByteCount).assumingMemoryBound(to: UInt8.self)
      images.append(contentsOf: UnsafeBufferPointer(start: image, count: byteCount))
    }
  }

  private func decodeBytes(_ first: UnsafeRawPointer, _ count: Int, into column: inout [UInt8]) {
    column.reserveCapacity(column.count + count)
    for record in 0..<count {
      column.append(first.load(fromByteOffset: record * recordByteCount, as: UInt8.self))
    }
  }

  private func decodeNames(
    _ base: UnsafeRawPointer, _ count: Int, into names: inout [[UInt8]]
  ) throws(BadRecord) {
    names.reserveCapacity(names.count + count)
    for record in 0..<count {
      let start = base + record * recordByteCount + nameOffset
      let field = UnsafeRawBufferPointer(start: start, count: nameByteCount)
      let byteCount = (field.lastIndex { $0 != 0 } ?? -1) + 1
      let name = Array(field.prefix(byteCount))
      if let index = name.firstIndex(of: 0) {
        throw BadRecord(offset: start + index - base, problem: .nameHasNUL)
      }
      names.append(name)
    }
  }

  private func decodeProbabilities(
    _ base: UnsafeRawPointer, _ count: Int, _ classCount: Int, into column: inout [Float]
  ) throws(BadRecord) {
    column.reserveCapacity(column.count + count * classCount)
    for record in 0..<count {
      for index in 0..<classCount {
        let offset = record * recordByteCount + probabilityOffset + index * MemoryLayout<Float>.size
        let bits = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        let probability = Float(bitPattern: bits)
        if let problem = RecordProblem(probability: probability, isLogarithm: format.isLogarithmic) {
          throw BadRecord(offset: offset, problem: problem)
        }
        column.append(probability)
      }
    }
  }

  private func check(
    _ base: UnsafeRawPointer, _ count: Int, at fieldOffset: Int, isThere: Bool,
    _ problem: (UInt8) -> RecordProblem?
  ) throws(BadRecord) {
    guard isThere else { return }
    for record in 0..<count {
      let offset = record * recordByteCount + fieldOffset
      if let problem = problem(base.load(fromByteOffset: offset, as: UInt8.self)) {
        throw BadRecord(offset: offset, problem: problem)
      }
    }
  }
}

extension RecordProblem {
  /// Softmax in Float may round a certainty to slightly above 1. Up to one part in 2^16 is accepted.
  private static let largestProbability: Float = 1 + 0x1p-16
  /// The logarithm of `largestProbability`, to within 2^-33.
  private static let largestLogarithm: Float = 0x1p-16

  /// Returns the problem of a probability, which must be a number from 0 to 1, or of a logarithm, which must be finite
  /// and at most 0: an infinite logarithm would make every metric that includes it infinite. Returns `nil` for a good
  /// value.
  init?(probability: Float, isLogarithm: Bool) {
    if isLogarithm {
      if probability > -.infinity && probability <= Self.largestLogarithm { return nil }
      self = .logarithmOutOfRange(probability)
    } else {
      if probability >= 0 && probability <= Self.largestProbability { return nil }
      self = .probabilityOutOfRange(probability)
    }
  }

  /// Returns the problem of a name: it is too long, or contains a NUL. Returns `nil` for a good name.
  init?(name: [UInt8]) {
    if name.count > StreamLimits.nameByteCount {
      self = .nameTooLong(byteCount: name.count)
    } else if name.contains(0) {
      self = .nameHasNUL
    } else {
      return nil
    }
  }
}
