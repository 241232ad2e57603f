// A network in memory: its parameters, its arrays, and the forward pass. The backward pass is in NetworkGradient.swift,
// what a step does in Steps/.

import Compute
import KernelInterface
import Networks
import TensorStream

/// A network for batches of up to `batchCapacity` images. All memory is allocated here, none in a step.
public final class Network: @unchecked Sendable {
  public let architecture: Architecture
  public let batchCapacity: Int
  public let engine: Engine
  public let precision: Precision
  let plan: ExecutionPlan
  /// What is learned, in the kernels' layout.
  package let parameters: FloatBuffer
  /// What layers have besides: running statistics, scales that are fixed, zeros in place of a bias.
  package let constants: FloatBuffer
  /// Convolutions' weights as Winograd's forward pass wants them, made anew when the weights change.
  let transformedWeights: FloatBuffer
  let memory: NetworkMemory
  /// What only training needs.
  let training: TrainingMemory?
  /// Whether normalisations use the statistics of the batch, and follow them.
  private(set) var usesBatchStatistics = false
  /// Whether they never do: then a training goes on with the statistics there are.
  package var freezesStatistics = false
  /// The leading layers that learn no more; see FrozenLayers.swift.
  var frozen = FrozenLayers.none
  /// The share of a batch's statistics in the running ones, where it is another than the layers' own.
  private(set) var statisticsShare: Double?
  /// Of each value; those of the latest training step.
  private var dropoutMasks: [[DropoutMask]]
  private var dropsOut = false
  /// The images at work.
  private var batch: ImageBatch?
  /// For networks that are faster where images with the same background are neighbours.
  private var extents: ImageExtents?
  /// The order of a batch's images: their positions, and their indexes among all.
  private var positions: [Int] = []
  private var indexes: [Int] = []

  /// What each byte of a pixel becomes, 256 values for each channel; `nil` where it is divided by 255 and no more.
  let pixelTable: [Float]?

  /// A network with all parameters 0. `forTraining` adds what the backward pass needs. `scaling` has one number, or as many
  /// as images have channels.
  public init(
    _ architecture: Architecture, batchCapacity: Int, forTraining: Bool, engine: Engine,
    precision: Precision = .float32, scaling: PixelScaling = .none
  ) {
    precondition(batchCapacity >= 1, "a batch of \(batchCapacity)")
    self.architecture = architecture
    self.batchCapacity = batchCapacity
    self.engine = engine
    self.precision = precision
    pixelTable = scaling.isNone ? nil : scaling.table(channels: architecture.input.channels)
    plan = ExecutionPlan(
      architecture, forTraining: forTraining, engine: engine, precision: precision)
    parameters = FloatBuffer(count: plan.parameterCount)
    constants = FloatBuffer(count: plan.constantCount)
    transformedWeights = FloatBuffer(count: plan.transformedCount)
    memory = NetworkMemory(plan.arrays, batch: batchCapacity, engine: engine)
    training = forTraining ? TrainingMemory(plan, batch: batchCapacity, engine: engine) : nil
    extents = plan.readsImageDensely ? ImageExtents(capacity: batchCapacity) : nil
    // Made once, so that a step only writes them.
    dropoutMasks = plan.values.map { $0.dropouts.map(DropoutKey(seed: 0, step: 0).mask) }
  }

  /// Floats from one image's logits to the next's.
  package var logitStride: Int { plan.logits.layout.imageStride }

  /// Whether images go straight to dense layers, which are faster where neighbours in a batch are alike.
  package var readsImageDensely: Bool { plan.readsImageDensely }

  // MARK: - Forward

  /// The logits of a batch, [count, classes] with the layout's stride. With a key, dropout is applied, and normalisations
  /// use the batch's statistics.
  package func forward(_ batch: ImageBatch, dropout: DropoutKey? = nil) -> Rows {
    setDropout(dropout)
    usesBatchStatistics = dropout != nil && !freezesStatistics
    run(batch)
    return rows(plan.logits)
  }

  private func run(_ batch: ImageBatch) {
    precondition(batch.count >= 1 && batch.count <= batchCapacity, "a batch of \(batch.count)")
    self.batch = batch
    defer { self.batch = nil }
    for segment in plan.segments {
      switch segment {
      case .images(let steps): forward(steps, batch: batch.count)
      case .dense(let step): step.forward(batch: batch.count, self)
      case .batch(let step): step.forward(batch: batch.count, self)
      }
    }
  }

  /// Makes the statistics of normalisations anew, as the means over batches of one size: call it with one after the other
  /// and their numbers from 0.
  package func estimateStatistics(_ batch: ImageBatch, number: Int) {
    guard hasStatistics else { return }
    usesBatchStatistics = true
    statisticsShare = 1 / Double(number + 1)
    defer { statisticsShare = nil }
    setDropout(nil)
    run(batch)
  }

  /// Whether there are normalisations.
  package var hasStatistics: Bool { plan.imageSteps.contains { $0 is StatisticsStep } }

  private func forward(_ steps: [any ImageStep], batch: Int) {
    // Where there is only the conversion of pixels to do, one image is too little to share out.
    let imagesPerTask = steps.count > 1 ? 1 : 16
    engine.workers.forEach((batch + imagesPerTask - 1) / imagesPerTask) { task, worker in
      // A step at a time: to get hold of one is an atomic operation on memory that all threads share.
      for step in steps {
        for position in task * imagesPerTask..<min((task + 1) * imagesPerTask, batch) {
          let place = ImagePlace(position: position, chunk: 0, worker: worker)
          step.forward(place, self)
          if dropsOut, let output = step.output { dropOut(output, place) }
        }
      }
    }
    for step in steps { step.finishForward(batch: batch, self) }
  }

  /// The bytes of an image of the batch at work.
  func pixels(_ position: Int) -> UnsafeBufferPointer<UInt8> {
    batch!.image(position, byteCount: architecture.input.byteCount)
  }

  /// Asks for the bytes of an image, if there is one.
  func prefetchPixels(_ position: Int) {
    if position < batch!.count { engine.prefetch(pixels(position)) }
  }

  /// The dropout masks in force for a value.
  func masks(_ value: ValuePlan) -> [DropoutMask] { dropsOut ? dropoutMasks[value.id] : [] }

  private func setDropout(_ key: DropoutKey?) {
    dropsOut = key != nil
    guard let key else { return }
    for value in plan.values {
      for (number, dropout) in value.dropouts.enumerated() {
        dropoutMasks[value.id][number] = key.mask(dropout)
      }
    }
  }

  // MARK: - Order

  /// Calls `body` with a batch in the order in which it is computed fastest, and for each of its images the position that
  /// it has in the batch as given; `nil` where that is the same.
  package func withBestOrder<Result>(
    _ batch: ImageBatch, _ body: (ImageBatch, _ positions: [Int]?) -> Result
  ) -> Result {
    guard extents != nil, batch.count > engine.kernels.tileRows else { return body(batch, nil) }
    extents?.order(batch, shape: architecture.input, engine: engine, into: &positions)
    indexes.removeAll(keepingCapacity: true)
    indexes.append(contentsOf: positions.lazy.map { batch.indexes?[$0] ?? $0 })
    return indexes.withUnsafeBufferPointer { indexes in
      body(ImageBatch(bytes: batch.bytes, indexes: indexes, count: batch.count), positions)
    }
  }

  /// The logits of a batch, [count, classes], row-major.
  public func logits(_ batch: ImageBatch) -> [Float] {
    let logits = forward(batch)
    return (0..<batch.count).flatMap { row in
      (0..<architecture.classCount).map { logits.floats[row * logits.stride + $0] }
    }
  }
}
