// Streams in memory.

import MemoryStreams
import TensorStream
import Training

/// The bytes of a stream of these records.
package func stream(_ batch: RecordBatch, classes: [String]? = nil, history: [String] = ["test"]) throws
  -> [UInt8]
{
  let sink = MemorySink()
  let writer = TensorStreamWriter(sink, format: batch.format)
  try writer.append(batch)
  try writer.finish(classes: classes, history: history)
  return sink.bytes
}

extension Dataset {
  /// The data set as records, with names `record-0`, `record-1`, … if `named`.
  package func records(labelled: Bool = true, named: Bool = false) -> RecordBatch {
    var batch = RecordBatch(
      format: RecordFormat(content: .image(shape), hasLabels: labelled, hasNames: named))
    batch.count = count
    batch.images = images
    if labelled { batch.labels = labels }
    if named { batch.names = (0..<count).map { Array("record-\($0)".utf8) } }
    return batch
  }
}

/// The bytes of a stream of one prediction, without images.
package func predictionStream() throws -> [UInt8] {
  var batch = RecordBatch(
    format: RecordFormat(content: .prediction(classCount: 2), hasLabels: true, hasNames: false))
  batch.count = 1
  batch.labels = [1]
  batch.predicted = [0]
  batch.probabilities = [0.5, 0.5]
  return try stream(batch)
}
