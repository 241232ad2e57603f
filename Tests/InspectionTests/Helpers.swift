import MemoryStreams
import Networks
import TensorStream

/// Returns a stream of the records in `batch`.
func stream(_ batch: RecordBatch, classes: [String]? = nil, history: [String] = []) throws -> [UInt8] {
  let sink = MemorySink()
  let writer = TensorStreamWriter(sink, format: batch.format)
  try writer.append(batch)
  try writer.finish(classes: classes, history: history)
  return sink.bytes
}

/// Returns images of 2 × 1 pixels with the given labels. The bytes of image i are 2i and 2i + 1.
func images(labels: [UInt8], withLabels: Bool = true, withNames: Bool = false) -> RecordBatch {
  var batch = RecordBatch(
    format: RecordFormat(
      content: .image(ImageShape(height: 2, width: 1, channels: 1)), hasLabels: withLabels,
      hasNames: withNames))
  batch.count = labels.count
  batch.images = (0..<(2 * labels.count)).map { UInt8($0) }
  if withLabels { batch.labels = labels }
  if withNames { batch.names = labels.indices.map { Array("image \($0)".utf8) } }
  return batch
}

/// Returns predictions over three classes: 1/2 for the predicted class and 1/4 for the others, or their logarithms.
func predictions(_ predicted: [UInt8], labels: [UInt8]? = nil, areLogarithmic: Bool = false) -> RecordBatch {
  var batch = RecordBatch(
    format: RecordFormat(
      content: .prediction(classCount: 3, isLogarithmic: areLogarithmic), hasLabels: labels != nil,
      hasNames: false))
  batch.count = predicted.count
  batch.predicted = predicted
  batch.labels = labels ?? []
  batch.probabilities = predicted.flatMap { label in (0..<3).map { $0 == Int(label) ? 0.5 : 0.25 } }
  if areLogarithmic { batch.probabilities = batch.probabilities.map { $0 == 0.5 ? -0.6931472 : -1.3862944 } }
  return batch
}

/// Returns a small model whose weights are all 0.
func model(classes: [String]? = nil, training: TrainingRecord? = nil, history: [String] = []) throws -> Model
{
  let architecture = try Architecture(
    specification: "conv:8 relu pool dropout:0.25 linear:100 relu",
    input: ImageShape(height: 28, width: 28, channels: 1), classCount: 3)
  return Model(
    architecture: architecture,
    parameters: architecture.parameters.map {
      Parameter(name: $0.name, shape: $0.shape, values: [Float](repeating: 0, count: $0.count))
    }, classes: classes, history: history, training: training)
}
