// Streams, predictions and decoded PNG files for the tests.
import ByteIO
import Evaluation
import ImageFiles
import MemoryStreams
import TensorStream

@testable import Charts

/// Returns a stream of 2 × 3 images whose pixels identify the image.
func stream(
  _ count: Int, labels: [UInt8]? = nil, names: [[UInt8]]? = nil, classes: [String]? = nil, channels: Int = 1
) throws -> TensorStreamReader {
  let shape = ImageShape(height: 2, width: 3, channels: channels)
  let format = RecordFormat(content: .image(shape), hasLabels: labels != nil, hasNames: names != nil)
  var batch = RecordBatch(format: format)
  batch.count = count
  batch.images = (0..<count * shape.byteCount).map { UInt8(truncatingIfNeeded: $0) }
  batch.labels = labels ?? []
  batch.names = names ?? []
  let sink = MemorySink()
  let writer = TensorStreamWriter(sink, format: format)
  try writer.append(batch)
  try writer.finish(classes: classes, history: ["test"])
  return try TensorStreamReader(MemorySource(sink.bytes, name: "data.raw"))
}

func table(_ text: String) -> MemorySource { MemorySource(text, name: "table.tsv") }

/// Decodes a PNG file.
func decoded(_ png: [UInt8]) throws -> Bitmap {
  try png.withUnsafeBytes { try PNGDecoder(color: .rgb, background: .white).decode($0) }
}

extension Bitmap {
  func pixel(_ x: Int, _ y: Int) -> [UInt8] {
    Array(pixels[(y * width + x) * channels..<(y * width + x + 1) * channels])
  }
}

/// Returns a matrix in which nine of ten records of each class are right. The tenth is mistaken for the next class, or
/// has no predicted class if `abstaining`.
func confusion(_ classCount: Int, abstaining: Bool = false) -> ConfusionMatrix {
  var matrix = ConfusionMatrix(classCount: classCount)
  for truth in 0..<classCount {
    for _ in 0..<9 { matrix.add(truth: truth, predicted: truth) }
    matrix.add(truth: truth, predicted: abstaining ? nil : (truth + 1) % classCount)
  }
  return matrix
}

func names(_ count: Int) -> [String] { (0..<count).map { "class \($0)" } }
