// The arrays of a network: what each stage puts out, and what the backward pass needs besides.

import Networks
import Compute

/// Floats in equal parts: one for each worker, image or chunk.
struct PartedBuffer {
  private let buffer: FloatBuffer
  let partCount: Int

  init(partCount: Int, parts: Int) {
    self.partCount = partCount
    buffer = FloatBuffer(count: partCount * parts)
  }

  /// All parts, one behind the other.
  var floats: Floats { buffer.floats }

  subscript(part: Int) -> Floats { buffer[part * partCount..<(part + 1) * partCount] }
}

/// The outputs of all stages. Those of per-image stages are kept for the whole batch only if the backward pass will
/// read them; else each worker has room for one image, and only the last of them, which dense layers read, is whole.
struct Activations {
  private let outputs: [PartedBuffer]
  private let layouts: [FeatureLayout]
  private let isPerWorker: [Bool]
  /// For each worker, what a convolution needs besides its input and output: the rows that are pooled next, or the
  /// tiles of Winograd's.
  private let scratch: [PartedBuffer?]
  /// Where a dense layer lists the pixels that are not 0, if it reads the images themselves.
  let pixelLists: TermListMemory?

  init(_ plan: NetworkPlan, batch: Int, engine: Engine, keepsAll: Bool) {
    let workers = engine.workers.count
    layouts = plan.stages.map(\.output)
    let isPerWorker = plan.stages.indices.map { !keepsAll && $0 < plan.imageStageCount - 1 }
    self.isPerWorker = isPerWorker
    outputs = plan.stages.indices.map { index in
      PartedBuffer(
        partCount: plan.stages[index].output.imageStride, parts: isPerWorker[index] ? workers : batch)
    }
    scratch = plan.stages.map { stage in
      stage.scratchCount.map { PartedBuffer(partCount: $0, parts: workers) }
    }
    pixelLists = plan.imageReader.map { engine.forwardTerms($0.shape, batch: batch) }
  }

  /// A stage's output for the whole batch.
  func rows(_ stage: Int) -> Rows {
    precondition(!isPerWorker[stage], "the outputs of stage \(stage) are not kept")
    return Rows(outputs[stage].floats, stride: layouts[stage].imageStride)
  }

  /// A stage's output for one image, with its margin.
  func image(_ stage: Int, position: Int, worker: Int) -> Floats {
    Floats(rebasing: outputs[stage][isPerWorker[stage] ? worker : position][..<layouts[stage].paddedCount])
  }

  /// A convolution's scratch memory.
  func scratch(_ stage: Int, worker: Int) -> Floats { scratch[stage]![worker] }
}

/// Where each maximum of a stage's pooling was, for all images of a batch.
final class PoolPlaces: @unchecked Sendable {
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private let count: Int

  init(_ output: FeatureLayout, batch: Int) {
    count = output.height * output.width * output.channelStride
    bytes = .allocate(capacity: batch * count)
    bytes.initialize(repeating: 0)
  }

  deinit { bytes.deallocate() }

  subscript(position: Int) -> UnsafeMutableBufferPointer<UInt8> {
    UnsafeMutableBufferPointer(rebasing: bytes[position * count..<(position + 1) * count])
  }
}

/// The loss of each image of a batch, and whether its answer is right.
final class ResultMemory: @unchecked Sendable {
  let loss: BatchLoss

  init(batch: Int) {
    loss = BatchLoss(losses: .allocate(capacity: batch), isCorrect: .allocate(capacity: batch))
    loss.losses.initialize(repeating: 0)
    loss.isCorrect.initialize(repeating: false)
  }

  deinit {
    loss.losses.deallocate()
    loss.isCorrect.deallocate()
  }
}

/// What only training needs.
struct TrainingMemory {
  /// The gradient of every parameter, laid out like the parameters.
  let gradient: FloatBuffer
  /// Convolutions' weights as their input gradients want them, made anew when the weights change.
  let derived: FloatBuffer
  /// Where dense layers transpose the weights at which they are.
  let transposed: FloatBuffer
  /// Where each worker writes the piece of a dense layer's gradient that it is at.
  let gradientPieces: FloatBuffer
  let places: [PoolPlaces?]
  /// The gradient of a stage's output, for the whole batch: the last per-image stage's and the dense stages'.
  let outputGradients: [PartedBuffer?]
  /// The same for one image, for each worker: the earlier per-image stages'.
  let imageGradients: [PartedBuffer?]
  /// For each worker, the gradient of a convolution's output as the backward pass wants it: spread out, or listed.
  let gradientMaps: [PartedBuffer?]
  let gradientLists: [[SparseGradientMemory]]
  /// For each chunk of a batch, its share of a convolution's weight and bias gradient.
  let chunkGradients: [PartedBuffer?]
  let results: ResultMemory
  /// Where a dense layer that reads the images themselves lists those of a batch in which a pixel is not 0.
  let imageLists: TermListMemory?

  /// A batch's images are summed up in so many chunks, whatever the number of threads, so that sums do not depend on
  /// it. Sixteen keep eight threads busy and their memory small.
  static let maximumChunks = 16

  init(_ plan: NetworkPlan, batch: Int, engine: Engine) {
    let workers = engine.workers.count
    gradient = FloatBuffer(count: plan.parameterCount)
    derived = FloatBuffer(count: plan.derivedCount)
    let scratchCounts = plan.stages.map { stage in
      if case .dense(let dense) = stage.core { engine.inputGradientScratchCount(dense.shape) } else { 0 }
    }
    transposed = FloatBuffer(count: scratchCounts.max() ?? 0)
    gradientPieces = FloatBuffer(count: engine.weightGradientScratchCount)
    places = plan.stages.map { $0.pool == nil ? nil : PoolPlaces($0.output, batch: batch) }
    let lastImageStage = plan.imageStageCount - 1
    outputGradients = plan.stages.enumerated().map { index, stage in
      index >= lastImageStage ? PartedBuffer(partCount: stage.output.imageStride, parts: batch) : nil
    }
    imageGradients = plan.stages.enumerated().map { index, stage in
      index < lastImageStage ? PartedBuffer(partCount: stage.output.paddedCount, parts: workers) : nil
    }
    gradientMaps = plan.stages.map { stage in
      stage.gradientMap.map { PartedBuffer(partCount: $0.count, parts: workers) }
    }
    gradientLists = plan.stages.map { stage in
      guard case .convolution(let convolution) = stage.core, convolution.backward == .listed else {
        return []
      }
      return (0..<workers).map { _ in
        SparseGradientMemory(
          channels: convolution.shape.outputChannels, windows: stage.output.height * stage.output.width)
      }
    }
    chunkGradients = plan.stages.map { stage in
      guard case .convolution(let convolution) = stage.core else { return nil }
      // One part more for the sum, where it is not yet laid out as the optimiser wants it.
      return PartedBuffer(partCount: convolution.gradientCount, parts: Self.maximumChunks + 1)
    }
    results = ResultMemory(batch: batch)
    imageLists = plan.imageReader.map { engine.weightGradientTerms($0.shape, batch: batch) }
  }
}

/// The rows of a convolution's output that are computed at once, to be pooled while they are in the cache.
struct Band: Equatable {
  let rowCount: Int
  let rowStride: Int
  var count: Int { rowCount * rowStride }
}

extension Stage {
  /// The pooling of this stage: its own, or a convolution's.
  var pool: PoolPlan? {
    switch core {
    case .pooling(let pool): pool
    case .convolution(let convolution): convolution.pool
    case .input, .dense: nil
    }
  }

  /// Floats of a convolution's scratch memory.
  var scratchCount: Int? {
    guard case .convolution(let convolution) = core else { return nil }
    return convolution.transformed == nil ? band?.count : convolution.shape.winogradScratchCount
  }

  /// One row of windows where windows do not overlap, else all rows, so that none is computed twice.
  var band: Band? {
    guard case .convolution(let convolution) = core, let pool = convolution.pool else { return nil }
    let shape = convolution.shape
    return Band(
      rowCount: pool.stride >= pool.size ? pool.size : shape.outputHeight,
      rowStride: shape.outputWidth * shape.outputChannels)
  }

  /// How a convolution's output gradient is spread out in the backward pass, where it is.
  var gradientMap: GradientMap? {
    guard case .convolution(let convolution) = core, convolution.backward == .spread else { return nil }
    return GradientMap(convolution.shape, forInputGradient: passesGradient)
  }
}

extension ConvolutionPlan {
  /// Weights and biases lie one behind the other.
  var gradientCount: Int { shape.weightCount + shape.outputChannels }
}

extension NetworkPlan {
  /// More than this for one batch is a mistake in the architecture or the batch size, not a wish.
  private static let maximumByteCount = 16 << 30

  /// The dense layer that reads the images themselves, if one does.
  var imageReader: DensePlan? {
    guard readsImageDensely, case .dense(let dense) = stages[1].core else { return nil }
    return dense
  }

  /// Refuses a network whose arrays would not fit, in any machine or in what `room` this one has, before anything is
  /// allocated.
  static func checkMemory(
    _ architecture: Architecture, batch: Int, workers: Int, forTraining: Bool, room: MachineMemory.Room?
  ) throws(TrainingError) {
    let byteCount = byteCount(architecture, batch: batch, workers: workers, forTraining: forTraining)
    guard byteCount <= Double(maximumByteCount) else { throw .tooLarge(byteCount: Int(exactly: byteCount)) }
    guard let room, byteCount > Double(room.byteCount) else { return }
    throw .noRoom(byteCount: Int(byteCount), room: room)
  }

  /// The bytes of a network's arrays. Counted in Double, which no product of shapes overflows.
  private static func byteCount(
    _ architecture: Architecture, batch: Int, workers: Int, forTraining: Bool
  ) -> Double {
    let plan = NetworkPlan(architecture)
    // Parameters; then gradients, two moments, the best weights so far, and weights laid out for the backward pass.
    var floats = Double(plan.parameterCount)
    floats += Double(plan.transformedCount)
    if forTraining { floats += 4 * Double(plan.parameterCount) + Double(plan.derivedCount) }
    for (index, stage) in plan.stages.enumerated() {
      let isPerWorker = !forTraining && index < plan.imageStageCount - 1
      floats += Double(stage.output.imageStride) * Double(isPerWorker ? workers : batch)
      floats += Double(stage.scratchCount ?? 0) * Double(workers)
      guard forTraining else { continue }
      floats += Double(stage.output.imageStride) * Double(batch)
      floats += Double(stage.gradientMap?.count ?? 0) * Double(workers)
      if case .convolution(let convolution) = stage.core {
        floats += Double(TrainingMemory.maximumChunks * convolution.gradientCount)
      }
    }
    return floats * Double(MemoryLayout<Float>.stride)
  }
}
