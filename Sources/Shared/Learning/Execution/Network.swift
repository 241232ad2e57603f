// A network in memory: its parameters, its arrays, and the forward pass with its dropout. The backward pass is in
// NetworkGradient.swift, and the steps are in Steps/.

import Compute
import KernelInterface
import Networks
import RandomNumbers
import TensorStream

/// A network for batches of up to `batchCapacity` images. All memory is allocated on creation, none in a step.
public final class Network: @unchecked Sendable {
  public let architecture: Architecture
  public let batchCapacity: Int
  public let engine: Engine
  public let precision: Precision
  let plan: ExecutionPlan
  /// The learned parameters, in the kernels' layout.
  package let parameters: FloatBuffer
  /// The layers' other values: running statistics, fixed weights and scales, zeros in place of a bias.
  package let constants: FloatBuffer
  /// The weights of convolutions, transformed for Winograd's forward pass; recomputed when the weights change.
  let transformedWeights: FloatBuffer
  let memory: NetworkMemory
  /// The memory that only training needs; `nil` in a network for prediction.
  let training: TrainingMemory?
  /// Whether normalisations use the statistics of the batch, and update the running ones.
  private(set) var usesBatchStatistics = false
  /// Whether normalisations always use the running statistics, in training, too, and never update them.
  package var freezesStatistics = false
  /// The leading layers that no longer learn; see FrozenLayers.swift.
  var frozen = FrozenLayers.none
  /// The weight of a batch's statistics in the running ones, if it replaces the layers' own momentum.
  private(set) var statisticsShare: Double?
  /// The dropout masks of each value in the latest training step.
  private var dropoutMasks: [[DropoutMask]]
  private var dropsOut = false
  /// The processes that learn from each batch together with this one; `nil` if there are no others.
  package var peers: (any BatchPeers)?
  /// The division of the current batch among the processes.
  private(set) var share = BatchShare(count: 1)
  /// This process's images of the current batch, while they are computed.
  private var batch: ImageBatch?
  /// The extents of images, in networks that are faster if images with similar background are neighbours.
  private var extents: ImageExtents?
  /// The order of a batch's images: their positions, and their indexes among all.
  private var positions: [Int] = []
  private var indexes: [Int] = []

  /// The scaled value of each byte, [channels, 256]; `nil` if pixels are only divided by 255.
  let pixelTable: [Float]?

  /// Creates a network in which all parameters are 0. `forTraining` adds what the backward pass needs. `scaling` has
  /// one number, or one for each channel of the images.
  ///
  /// - Complexity: O(n²) for a plan of n operations, and the memory of ``ExecutionPlan``, which `checkMemory` counts.
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
    // Created once, so that steps only overwrite them.
    dropoutMasks = plan.values.map { $0.dropouts.map(DropoutKey(seed: 0, step: 0).mask) }
  }

  /// The floats from one image's logits to those of the next.
  package var logitStride: Int { plan.logits.layout.imageStride }

  /// Whether dense layers read the images themselves. They are faster if neighbours in a batch are similar.
  package var readsImageDensely: Bool { plan.readsImageDensely }

  // MARK: - Forward

  /// Returns the logits of a batch, [count, classes] with the layout's stride. With a key, dropout is applied, and
  /// normalisations use the batch's statistics. With a share, both the images and the logits are those of this process.
  ///
  /// - Complexity: ``Architecture/floatingPointOperations`` for each image. No memory is allocated.
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

  /// Recomputes the statistics of normalisations as the means over batches of the same size. Call it for each batch,
  /// with its number, counted from 0.
  ///
  /// - Complexity: That of a forward pass.
  package func estimateStatistics(_ batch: ImageBatch, number: Int) {
    guard hasStatistics else { return }
    usesBatchStatistics = true
    statisticsShare = 1 / Double(number + 1)
    defer { statisticsShare = nil }
    setDropout(nil)
    run(batch, nil)
  }

  /// Whether the network takes statistics of batches.
  package var hasStatistics: Bool { plan.imageSteps.contains { $0 is StatisticsStep } }

  private func forward(_ steps: [any ImageStep]) {
    let images = share.own
    // If the only step is the conversion of pixels, one image is too little work for a task.
    let imagesPerTask = steps.count > 1 ? 1 : 16
    engine.workers.forEach((images.count + imagesPerTask - 1) / imagesPerTask) { task, worker in
      let first = images.lowerBound + task * imagesPerTask
      // Steps are the outer loop: retaining one is an atomic operation on memory that all threads share.
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

  /// Returns the bytes of an image of the current batch, given by its position in the whole batch.
  func pixels(_ position: Int) -> UnsafeBufferPointer<UInt8> {
    batch!.image(position - share.own.lowerBound, byteCount: architecture.input.byteCount)
  }

  /// Prefetches the bytes of an image, if it exists.
  func prefetchPixels(_ position: Int) {
    if position < share.own.upperBound { engine.prefetch(pixels(position)) }
  }

  /// Returns the dropout masks of a value; none if dropout is not applied.
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

  /// Calls `body` with the images of a batch in the order that is fastest to compute, and with the position of each in
  /// the batch as given, or `nil` if the order is unchanged.
  ///
  /// - Complexity: O(b + n log n) besides `body`, for n images of b bytes in all.
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

  /// Returns the logits of a batch, [count, classes], row-major.
  ///
  /// - Complexity: That of a forward pass.
  public func logits(_ batch: ImageBatch) -> [Float] {
    let logits = forward(batch)
    return (0..<batch.count).flatMap { row in
      (0..<architecture.classCount).map { logits.floats[row * logits.stride + $0] }
    }
  }
}

// MARK: - Dropout

/// The seed of a run and the number of a step, which determine the masks of dropout.
package struct DropoutKey {
  let seed: UInt64
  let step: UInt64

  package init(seed: UInt64, step: UInt64) {
    self.seed = seed
    self.step = step
  }

  func mask(_ plan: DropoutPlan) -> DropoutMask {
    var random = SplitMix64(seed: seed, Self.streamTag, step, UInt64(plan.layer))
    let key = random.next()
    return DropoutMask(
      key: (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)),
      probability: plan.probability)
  }

  /// Keeps these streams apart from those of initial weights and shuffles.
  private static let streamTag: UInt64 = 2
}
