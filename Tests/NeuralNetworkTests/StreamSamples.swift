// Streams in memory.

import ByteIO
import TensorStream

@testable import NeuralNetwork

/// Bytes in memory as a source that gives out at most `step` of them at a time.
final class MemorySource: ByteSource {
  let name = "stdin"
  private var rest: ArraySlice<UInt8>
  private let step: Int
  private(set) var readCount = 0

  init(_ bytes: [UInt8], step: Int = .max) {
    rest = bytes[...]
    self.step = step
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    readCount += 1
    let piece = rest.prefix(min(step, buffer.count))
    buffer.copyBytes(from: piece)
    rest = rest.dropFirst(piece.count)
    return piece.count
  }
}

private final class MemorySink: ByteSink {
  let name = "stdout"
  private(set) var bytes: [UInt8] = []
  func write(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
}

/// A stream of these records.
func stream(_ batch: RecordBatch, classes: [String]? = nil, history: [String] = ["test"]) throws -> [UInt8] {
  let sink = MemorySink()
  let writer = TensorStreamWriter(sink, format: batch.format)
  try writer.append(batch)
  try writer.finish(classes: classes, history: history)
  return sink.bytes
}

extension Dataset {
  /// The same as records, with names from `record-0` on where wanted.
  func records(labelled: Bool = true, named: Bool = false) -> RecordBatch {
    var batch = RecordBatch(
      format: RecordFormat(content: .image(shape), hasLabels: labelled, hasNames: named))
    batch.count = count
    batch.images = images
    if labelled { batch.labels = labels }
    if named { batch.names = (0..<count).map { Array("record-\($0)".utf8) } }
    return batch
  }
}

/// One prediction, as a stream that has no images.
func predictionStream() throws -> [UInt8] {
  var batch = RecordBatch(
    format: RecordFormat(content: .prediction(classCount: 2), hasLabels: true, hasNames: false))
  batch.count = 1
  batch.labels = [1]
  batch.predicted = [0]
  batch.probabilities = [0.5, 0.5]
  return try stream(batch)
}
