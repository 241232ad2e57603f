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
  /// The processes that learn from each batch with this one, where there are some.
  package var peers: (any BatchPeers)?
  /// Which images of the batch are this process's.
  private(set) var share = BatchShare(count: 1)
  /// The images at work: those.
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
  /// use the batch's statistics. With a share, the images are those of this process, and so are the logits.
  package func forward(_ batch: ImageBatch, share: BatchShare? = nil, dropout: DropoutKey? = nil) -> Rows {
    setDropout(dropout)
    usesBatchStatistics = dropout != nil && !freezesStatistics
    run(batch, share)
    return ownRows(plan.logits)
  }

  private func run(_ batch: ImageBatch, _ share: BatchShare?) {
    let share = share ?? BatchShare(count: batch.count)
    precondition(share.count >= 1 && share.count <= batchCapacity, "a batch of \(share.count)")
    precondition(share.own.count == batch.count, "\(batch.count) images in \(share.own.count) places")
    self.batch = batch
    self.share = share
    defer { self.batch = nil }
    for segment in plan.segments {
      switch segment {
      case .images(let steps): forward(steps)
      // A process without images has nothing to do here.
      case .dense(let step): if batch.count > 0 { step.forward(batch: share.count, self) }
      case .batch(let step): if batch.count > 0 { step.forward(batch: share.count, self) }
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
    run(batch, nil)
  }

  /// Whether there are normalisations.
  package var hasStatistics: Bool { plan.imageSteps.contains { $0 is StatisticsStep } }

  private func forward(_ steps: [any ImageStep]) {
    let images = share.own
    // Where there is only the conversion of pixels to do, one image is too little to share out.
    let imagesPerTask = steps.count > 1 ? 1 : 16
    engine.workers.forEach((images.count + imagesPerTask - 1) / imagesPerTask) { task, worker in
      let first = images.lowerBound + task * imagesPerTask
      // A step at a time: to get hold of one is an atomic operation on memory that all threads share.
      for step in steps {
        for position in first..<min(first + imagesPerTask, images.upperBound) {
          let place = ImagePlace(position: position, chunk: 0, worker: worker)
          step.forward(place, self)
          if dropsOut, let output = step.output { dropOut(output, place) }
        }
      }
    }
    for step in steps { step.finishForward(batch: share.count, self) }
  }

  /// The bytes of an image of the batch at work, given by its place in it.
  func pixels(_ position: Int) -> UnsafeBufferPointer<UInt8> {
    batch!.image(position - share.own.lowerBound, byteCount: architecture.input.byteCount)
  }

  /// Asks for the bytes of an image, if there is one.
  func prefetchPixels(_ position: Int) {
    if position < share.own.upperBound { engine.prefetch(pixels(position)) }
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
