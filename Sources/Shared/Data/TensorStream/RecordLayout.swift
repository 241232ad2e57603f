// Where the fields of a record lie in its bytes.

/// The layout of a chunk's records: the format, and how wide the names are in this chunk.
struct RecordLayout: Equatable {
  let format: RecordFormat
  /// The bytes kept for a name, 0 where records have none.
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
  /// Whether the sizes are within the format's limits. Only then do sums of sizes mean anything.
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
