// The offsets of a record's fields.

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

extension RecordFormat {
  /// Whether the sizes are within the format's limits. Beyond them, the sums in ``RecordLayout`` may overflow.
  var isWithinLimits: Bool {
    switch content {
    case .image(let shape):
      (1...StreamLimits.imageSide).contains(shape.height)
        && (1...StreamLimits.imageSide).contains(shape.width)
        && (shape.channels == 1 || shape.channels == 3)
    case .prediction(let classCount, _):
      (1...StreamLimits.classCount).contains(classCount)
    }
  }
}
