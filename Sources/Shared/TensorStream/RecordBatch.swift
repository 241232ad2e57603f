/// Some records of one format, a column a field.
///
/// A column that the format does not have stays empty; each other holds `count` entries.
public struct RecordBatch: Sendable {
  public let format: RecordFormat
  /// How many records there are.
  public var count = 0
  /// [count, height, width, channels], row-major.
  public var images: [UInt8] = []
  /// The true classes, [count].
  public var labels: [UInt8] = []
  /// Bytes without NUL, [count].
  public var names: [[UInt8]] = []
  /// The predicted classes, [count].
  public var predicted: [UInt8] = []
  /// [count, classCount], row-major.
  public var probabilities: [Float] = []

  /// An empty batch.
  public init(format: RecordFormat) { self.format = format }

  /// Empties every column and keeps the memory.
  public mutating func removeAll() {
    count = 0
    images.removeAll(keepingCapacity: true)
    labels.removeAll(keepingCapacity: true)
    names.removeAll(keepingCapacity: true)
    predicted.removeAll(keepingCapacity: true)
    probabilities.removeAll(keepingCapacity: true)
  }

  /// Appends the records `rows` of another batch of the same format.
  public mutating func append(_ rows: Range<Int>, of other: RecordBatch) { fatalError("skeleton") }
}
