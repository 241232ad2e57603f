// Reads a tensor stream to its end, and counts and sums its records.

import ByteIO
import TensorStream

/// A summary of the contents of a stream.
public struct StreamSummary: Sendable {
  public let file: String
  public let format: RecordFormat
  public private(set) var recordCount = 0
  /// The number of chunks that were read.
  public private(set) var chunkCount = 0
  /// The number of streams, one after the other, that were read.
  public private(set) var segmentCount = 0
  /// The bytes that were read.
  public private(set) var byteCount = 0
  /// The number of records of each true class, by label; empty if there are no labels.
  public private(set) var labelCounts: [Int] = []
  /// The number of records predicted to be of each class, by label; empty if there are no predictions.
  public private(set) var predictedCounts: [Int] = []
  /// The statistics of the pixels; `nil` if there are no images.
  public private(set) var pixels: PixelSummary?
  /// The class names. Like the recipe and the history, they come from the stream's end; a damaged stream has none.
  public private(set) var classes: [String]?
  public private(set) var recipe: RecordedRecipe?
  public private(set) var history: [String] = []
  /// Why the stream could not be read to its end; `nil` if it is complete, and counts and checksums agree.
  public private(set) var problem: (any Failure)?

  /// Reads a stream to its end, or as far as it can be read.
  ///
  /// - Complexity: O(b) for b bytes, in constant memory
  public init(reading source: any ByteSource) throws {
    let reader = try TensorStreamReader(source)
    file = source.name
    format = reader.format
    if format.imageShape != nil { pixels = PixelSummary() }
    var batch = RecordBatch(format: format)
    // Batches of about 1 MiB, whatever the size of an image.
    let limit = max(1, (1 << 20) / max(1024, format.imageShape?.byteCount ?? 1024))
    do {
      while try reader.read(into: &batch, limit: limit) > 0 { add(batch) }
      classes = reader.classes
      recipe = reader.recipe
      history = reader.history
    } catch let failure as any Failure {
      problem = failure
    }
    chunkCount = reader.chunkCount
    segmentCount = reader.segmentCount
    byteCount = reader.byteCount
  }

  private mutating func add(_ batch: RecordBatch) {
    recordCount += batch.count
    for label in batch.labels { Self.count(label, in: &labelCounts) }
    for label in batch.predicted { Self.count(label, in: &predictedCounts) }
    pixels?.add(batch.images)
  }

  /// Counts a label. The list grows to the highest label.
  private static func count(_ label: UInt8, in counts: inout [Int]) {
    while counts.count <= Int(label) { counts.append(0) }
    counts[Int(label)] += 1
  }
}

/// Exact statistics of the bytes of all images.
public struct PixelSummary: Equatable, Sendable {
  public private(set) var count = 0
  public private(set) var minimum: UInt8 = .max
  public private(set) var maximum: UInt8 = .min
  // 64 bits hold the sum of the squares of 2⁴⁷ bytes.
  private var sum = 0
  private var sumOfSquares = 0

  /// Adds the bytes of images, in any layout.
  mutating func add(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    count += bytes.count
    var histogram = [Int](repeating: 0, count: 256)
    bytes.withUnsafeBufferPointer { bytes in
      histogram.withUnsafeMutableBufferPointer { histogram in
        for byte in bytes { histogram[Int(byte)] += 1 }
      }
    }
    for (value, frequency) in histogram.enumerated() where frequency > 0 {
      minimum = min(minimum, UInt8(value))
      maximum = max(maximum, UInt8(value))
      sum += value * frequency
      sumOfSquares += value * value * frequency
    }
  }

  /// The mean of the bytes; `nil` without any.
  public var mean: Double? { count == 0 ? nil : Double(sum) / Double(count) }

  /// The population standard deviation of the bytes; `nil` without any.
  public var deviation: Double? {
    mean.map { (max(0, Double(sumOfSquares) / Double(count) - $0 * $0)).squareRoot() }
  }
}
