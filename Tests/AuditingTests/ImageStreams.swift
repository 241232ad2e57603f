// Streams of images in memory, and naive references for the tests.
import ByteIO
import MemoryStreams
import RandomNumbers
import TensorStream

@testable import Auditing

/// The content of a stream of images.
struct ImageStream {
  var name = "a.raw"
  var shape = ImageShape(height: 4, width: 4, channels: 1)
  var images: [[UInt8]] = []
  var labels: [UInt8]?
  var names: [String]?
  var classes: [String]?

  var bytes: [UInt8] {
    get throws {
      var batch = RecordBatch(
        format: RecordFormat(content: .image(shape), hasLabels: labels != nil, hasNames: names != nil))
      batch.count = images.count
      batch.images = Array(images.joined())
      batch.labels = labels ?? []
      batch.names = names?.map { Array($0.utf8) } ?? []
      let sink = MemorySink()
      let writer = TensorStreamWriter(sink, format: batch.format)
      try writer.append(batch)
      try writer.finish(classes: classes, history: ["test"])
      return sink.bytes
    }
  }

  /// Opens the stream for reading. The source gives out at most `step` bytes at a time.
  func reader(step: Int = .max) throws -> TensorStreamReader {
    try TensorStreamReader(MemorySource(try bytes, name: name, step: step))
  }
}

/// Whether the audit reads the pixels again from files or keeps them in memory.
enum Rereading { case files, kept }

/// Audits the streams and returns the report. `predictions` belong to the first streams, in their order.
func report(
  _ streams: [ImageStream], predictions: [String] = [], kinds: [FindingKind] = FindingKind.allCases,
  bits: Int = 8, distance: Double = 10, smallClass: Int = 0, rank: SuspectRank = .margin, jobs: Int = 2,
  rereading: Rereading = .files
) throws -> AuditReport {
  let settings = AuditSettings(
    kinds: Set(kinds), near: NearLimits(bits: bits, distance: distance), smallClass: smallClass, rank: rank)
  let auditor = Auditor(settings, jobs: jobs)
  for stream in streams {
    try auditor.add(
      try stream.reader(), again: rereading == .files ? { try stream.reader(step: 100) } : nil)
  }
  for (index, text) in predictions.enumerated() {
    try auditor.add(predictions: MemorySource(text, name: "p.tsv"), ofStream: index)
  }
  return try auditor.report()
}

/// The table of a report: its rows, and the fields of each.
func rows(_ report: AuditReport, stream: Int? = nil) throws -> [[String]] {
  let sink = MemorySink()
  try FindingTable(report, kinds: Set(FindingKind.allCases), stream: stream).write(to: sink)
  return sink.text.split(separator: "\n").map { line in
    line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
  }
}

/// Computes the fingerprint and the thumbnail of an image.
func fingerprint(_ image: [UInt8], _ shape: ImageShape) -> (Fingerprint, thumbnail: [UInt8]) {
  var thumbnail = [UInt8](repeating: 255, count: ThumbnailPlan.byteCount)
  let fingerprint = image.withUnsafeBufferPointer { image in
    thumbnail.withUnsafeMutableBufferPointer { ImagePlan(shape).fingerprint(of: image, thumbnail: $0) }
  }
  return (fingerprint, thumbnail)
}

/// Computes the root mean square difference by its definition.
func naiveDistance(_ one: [UInt8], _ other: [UInt8]) -> Double {
  let squares = zip(one, other).map { (Double($0) - Double($1)) * (Double($0) - Double($1)) }
  return (squares.reduce(0, +) / Double(one.count)).squareRoot()
}

/// An image of noise, sometimes smooth, because neighbouring pixels of a real image are alike.
func randomImage(_ shape: ImageShape, _ random: inout SplitMix64) -> [UInt8] {
  let (slope, offset) = (random.uniform() * 2, random.uniform() * 128)
  return (0..<shape.byteCount).map { index in
    let wave = 60 + 60 * Double((index * 7) % 64) / 64 * slope
    return UInt8(min(255, max(0, wave * random.uniform() + offset)))
  }
}

/// The image with noise of at most `amount` levels added.
func noisy(_ image: [UInt8], by amount: Int, _ random: inout SplitMix64) -> [UInt8] {
  image.map { pixel in
    UInt8(min(255, max(0, Int(pixel) + random.next(below: 2 * amount + 1) - amount)))
  }
}
