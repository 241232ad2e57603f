/// Records of one format, stored as one column per field.
///
/// Every column holds `count` entries. Columns for fields that the format does not have stay empty.
public struct RecordBatch: Equatable, Sendable {
  public let format: RecordFormat
  /// The number of records.
  public var count = 0
  /// The images, [count, height, width, channels], row-major.
  public var images: [UInt8] = []
  /// The true classes, [count].
  public var labels: [UInt8] = []
  /// The names, [count]: bytes without NUL.
  public var names: [[UInt8]] = []
  /// The predicted classes, [count].
  public var predicted: [UInt8] = []
  /// The probabilities, [count, classCount], row-major; their natural logarithms if the format is logarithmic.
  public var probabilities: [Float] = []

  /// Creates an empty batch.
  public init(format: RecordFormat) { self.format = format }

  /// Empties every column but keeps its memory.
  public mutating func removeAll() {
    count = 0
    images.removeAll(keepingCapacity: true)
    labels.removeAll(keepingCapacity: true)
    names.removeAll(keepingCapacity: true)
    predicted.removeAll(keepingCapacity: true)
    probabilities.removeAll(keepingCapacity: true)
  }

  /// Drops the records from `newCount` on, and all entries of columns beyond them.
  ///
  /// - Complexity: O(n) for n records that are dropped.
  public mutating func truncate(to newCount: Int) {
    precondition(0...count ~= newCount, "\(newCount) of \(count) records")
    func truncate<Element>(_ column: inout [Element], _ elementCount: Int) {
      column.removeLast(max(0, column.count - newCount * elementCount))
    }
    count = newCount
    truncate(&images, format.imageShape?.byteCount ?? 0)
    truncate(&labels, 1)
    truncate(&names, 1)
    truncate(&predicted, 1)
    truncate(&probabilities, format.classCount ?? 0)
  }

  /// Appends the records `rows` of another batch of the same format.
  ///
  /// - Complexity: O(n) for n bytes of records, if the columns need not grow.
  public mutating func append(_ rows: Range<Int>, of other: RecordBatch) {
    precondition(format == other.format, "records of \(other.format) appended to \(format)")
    precondition(0 <= rows.lowerBound && rows.upperBound <= other.count, "rows \(rows) of \(other.count)")
    func slice<Element>(_ column: [Element], _ elementCount: Int) -> ArraySlice<Element> {
      column[rows.lowerBound * elementCount..<rows.upperBound * elementCount]
    }
    if let shape = format.imageShape { images.append(contentsOf: slice(other.images, shape.byteCount)) }
    if format.hasLabels { labels.append(contentsOf: slice(other.labels, 1)) }
    if format.hasNames { names.append(contentsOf: slice(other.names, 1)) }
    if let classCount = format.classCount {
      predicted.append(contentsOf: slice(other.predicted, 1))
      probabilities.append(contentsOf: slice(other.probabilities, classCount))
    }
    count += rows.count
  }

  /// Whether every column of the format holds `count` entries and every other column is empty.
  var isConsistent: Bool {
    images.count == count * (format.imageShape?.byteCount ?? 0)
      && labels.count == (format.hasLabels ? count : 0)
      && names.count == (format.hasNames ? count : 0)
      && predicted.count == (format.classCount == nil ? 0 : count)
      && probabilities.count == count * (format.classCount ?? 0)
  }
}
