// Whole networks: the forward pass, and a step of training, with the images in memory.

import ByteIO
import Compute
import Networks
import Execution
import Training
import TensorStream

extension Stopwatch {
  /// `predict cnn` and `predict ffnn` [batch]: the forward pass and softmax.
  func predictions(_ data: Dataset) throws -> [Benchmark] {
    try ["cnn", "ffnn"].flatMap { preset in
      let architecture = try Architecture(specification: preset, input: data.shape, classCount: 10)
      let images = try data.imageBytes()
      return [1, 64, 256, 1000].map { predict(preset, architecture, images, batch: min($0, data.count)) }
    }
  }

  private func predict(
    _ preset: String, _ architecture: Architecture, _ images: [UInt8], batch: Int
  ) -> Benchmark {
    let network = Network(architecture, batchCapacity: batch, forTraining: false, engine: engine)
    network.importParameters(Initialization.kaiming.parameters(for: architecture, seed: 0))
    let probabilities = FloatBuffer(count: batch * architecture.classCount)
    return Benchmark(
      operation: "predict \(preset)", shape: [batch],
      operations: batch * architecture.floatingPointOperations,
      images: batch
    ) {
      images.withUnsafeBufferPointer {
        network.predict(ImageBatch(bytes: $0, count: batch), into: probabilities.floats)
      }
    }
  }

  /// `training step cnn` and `training step ffnn` [batch]: what fm-train does for a batch, from bytes to new weights.
  func trainingSteps(_ data: Dataset) throws -> [TrainingStep] {
    try ["cnn", "ffnn"].flatMap { preset in
      let architecture = try Architecture(specification: preset, input: data.shape, classCount: 10)
      return [20, 128].map { batch in
        TrainingStep(preset: preset, architecture: architecture, data: data, batch: batch, stopwatch: self)
      }
    }
  }
}

/// A step of training, timed from within a training run.
struct TrainingStep {
  let preset: String
  let architecture: Architecture
  let data: Dataset
  let batch: Int
  let stopwatch: Stopwatch

  var name: String { "\(operation) \(batch)" }
  private var operation: String { "training step \(preset)" }

  /// In the backward pass, each layer does its forward work twice, except the first, which passes no gradient on.
  private var operations: Int {
    let first = architecture.nodes.first { $0.floatingPointOperations > 0 }?.floatingPointOperations ?? 0
    return batch * (3 * architecture.floatingPointOperations - first)
  }

  func measure(_ sampleCount: Int) throws -> Measurement {
    let settings = TrainingSettings(
      epochs: 1_000_000, batchSize: batch, optimizer: OptimizerSettings(method: .adam), learningRate: 0.001,
      schedule: .constant)
    let observer = StepTimer(stopwatch: stopwatch, batch: batch, sampleCount: sampleCount)
    let trainer = try Trainer(
      settings: settings, architecture: architecture, training: data, validation: nil,
      engine: stopwatch.engine)
    _ = trainer.run(observer: observer)
    return Measurement(
      name: name, operation: operation, shape: [batch], threads: stopwatch.engine.workers.count,
      seconds: median(observer.samples.map(\.seconds)),
      peakFraction: median(observer.samples.map { Double(operations) / $0.seconds / $0.peak }),
      operations: operations, byteCount: 0, images: batch)
  }
}

/// Watches a training run, times its steps, and ends it after enough samples.
private final class StepTimer: TrainingObserver {
  /// The mean time of some steps, and the peak measured beside them.
  private(set) var samples: [(seconds: Double, peak: Double)] = []
  private let stopwatch: Stopwatch
  private let batch: Int
  private let stepsPerSample: Int
  private let sampleCount: Int
  private var isWarm = false
  private var steps = 0
  private let clock = ContinuousClock()
  private var start: ContinuousClock.Instant

  init(stopwatch: Stopwatch, batch: Int, sampleCount: Int) {
    self.stopwatch = stopwatch
    self.batch = batch
    // About 30 ms for the larger network.
    stepsPerSample = max(1, 640 / batch)
    self.sampleCount = sampleCount
    start = clock.now
  }

  func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) {
    // The first step of an epoch follows its shuffle, and the last batch may be short.
    guard recordsDone > batch, recordsDone < records else { return restart() }
    steps += 1
    guard steps == stepsPerSample else { return }
    let seconds = (clock.now - start).inSeconds / Double(steps)
    // The first steps warm up.
    if isWarm { samples.append((seconds, stopwatch.peakRate())) }
    isWarm = true
    restart()
  }

  private func restart() {
    steps = 0
    start = clock.now
  }

  func didFinishEpoch(_ report: EpochReport) {}
  var shouldStop: Bool { samples.count >= sampleCount }
}
