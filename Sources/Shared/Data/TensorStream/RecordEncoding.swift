// Encodes a batch's columns as the interleaved bytes of records. Unsafe buffers stay in this file.

extension RecordLayout {
  /// Returns the bytes of all records of a batch, [batch.count, recordByteCount]. Its names must fit the layout.
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
