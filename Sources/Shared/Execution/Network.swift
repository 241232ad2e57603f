// A network in memory: parameters, activations and the forward pass. The backward pass is in NetworkGradient.swift,
// what happens to one image in ImageStages.swift.

import Networks
import Compute
import KernelInterface
import RandomNumbers
import TensorStream

/// Images of a batch: `count` of those that lie one behind the other in `bytes`, in the order of `indexes` if given.
public struct ImageBatch {
  public let bytes: UnsafeBufferPointer<UInt8>
  /// Which images, in which order; `nil` means the first `count`.
  public let indexes: UnsafeBufferPointer<Int>?
  public let count: Int

  public init(bytes: UnsafeBufferPointer<UInt8>, indexes: UnsafeBufferPointer<Int>? = nil, count: Int) {
    precondition(indexes.map { $0.count >= count } ?? true, "fewer indexes than images")
    self.bytes = bytes
    self.indexes = indexes
    self.count = count
  }

  /// The bytes of one image.
  func image(_ position: Int, byteCount: Int) -> UnsafeBufferPointer<UInt8> {
    let index = indexes?[position] ?? position
    return UnsafeBufferPointer(rebasing: bytes[index * byteCount..<(index + 1) * byteCount])
  }
}

/// What varies from one training step to the next in the forward pass.
struct DropoutKey {
  let seed: UInt64
  let step: UInt64

  func mask(_ plan: DropoutPlan) -> DropoutMask {
    var random = SplitMix64(seed: seed, Self.streamTag, step, UInt64(plan.layer))
    let key = random.next()
    return DropoutMask(
      key: (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)),
      probability: plan.probability)
  }

  /// Keeps these streams apart from those of first weights and shuffles.
  private static let streamTag: UInt64 = 2
}

/// A network for batches of up to `batchCapacity` images. All memory is allocated here, none in a step.
public final class Network {
  public let architecture: Architecture
  public let batchCapacity: Int
  public let engine: Engine
  let plan: NetworkPlan
  /// All weights and biases, in the kernels' layout.
  let parameters: FloatBuffer
  /// Convolutions' weights as Winograd's forward pass wants them, made anew when the weights change.
  let transformedWeights: FloatBuffer
  let activations: Activations
  /// What only training needs.
  let training: TrainingMemory?
  /// Of each stage; those of the latest training step, and none outside of training.
  private var dropoutMasks: [[DropoutMask]]
  private var dropsOut = false
  /// For networks that are faster where images with the same background are neighbours.
  private var extents: ImageExtents?
  /// The order of a batch's images: their positions, and their indexes among all.
  private var positions: [Int] = []
  private var indexes: [Int] = []

  /// Pixels are scaled to 0…1.
  static let pixelScale: Float = 1 / 255

  /// A network with all parameters 0. `forTraining` adds what the backward pass needs.
  public init(_ architecture: Architecture, batchCapacity: Int, forTraining: Bool, engine: Engine) {
    precondition(batchCapacity >= 1, "a batch of \(batchCapacity)")
    self.architecture = architecture
    self.batchCapacity = batchCapacity
    self.engine = engine
    plan = NetworkPlan(architecture)
    parameters = FloatBuffer(count: plan.parameterCount)
    transformedWeights = FloatBuffer(count: plan.transformedCount)
    activations = Activations(
      plan, batch: batchCapacity, engine: engine, keepsAll: forTraining)
    training = forTraining ? TrainingMemory(plan, batch: batchCapacity, engine: engine) : nil
    extents = plan.readsImageDensely ? ImageExtents(capacity: batchCapacity) : nil
    // Made once, so that a step only writes them.
    dropoutMasks = plan.stages.map { $0.dropouts.map(DropoutKey(seed: 0, step: 0).mask) }
  }

  /// The parameters in PyTorch's names and layouts.
  public func exportParameters() -> [Parameter] { export(parameters) }

  /// Takes over parameters: those of the architecture, in its order.
  public func importParameters(_ values: [Parameter]) {
    place(values, in: parameters)
    updateDerivedWeights()
  }

  /// Puts values of the architecture's parameters, in its order, where they lie in a buffer like that of the parameters.
  /// What lies between them is left alone.
  func place(_ values: [Parameter], in buffer: FloatBuffer) {
    var next = values.makeIterator()
    plan.forEachParameter(panelWidth: engine.kernels.panelWidth) { description, places in
      guard let parameter = next.next() else { preconditionFailure("no values for \(description.name)") }
      precondition(
        parameter.name == description.name && parameter.values.count == description.count,
        "\(parameter.name) \(parameter.shape) given for \(description.name) \(description.shape)")
      places.scatter(parameter.values, to: buffer.floats)
    }
  }

  /// Values that lie like the parameters, in PyTorch's names and layouts.
  func export(_ buffer: FloatBuffer) -> [Parameter] {
    var result: [Parameter] = []
    plan.forEachParameter(panelWidth: engine.kernels.panelWidth) { description, places in
      result.append(
        Parameter(
          name: description.name, shape: description.shape, values: places.gather(from: buffer.floats)))
    }
    return result
  }

  /// Whether every parameter is a finite number.
  public var isFinite: Bool {
    // A sum of squares is finite only if each value is (and none is near 10¹⁵⁴, which Float cannot reach).
    engine.norm(parameters.floats).isFinite
  }

  /// Floats from one image's logits to the next's.
  var logitStride: Int { plan.stages[plan.stages.count - 1].output.imageStride }

  /// The logits of a batch, [count, classes] with the layout's stride. With a key, dropout is applied.
  func forward(_ batch: ImageBatch, dropout: DropoutKey? = nil) -> Rows {
    precondition(batch.count >= 1 && batch.count <= batchCapacity, "a batch of \(batch.count)")
    setDropout(dropout)
    forwardImages(batch)
    for index in plan.imageStageCount..<plan.stages.count { forwardDense(index, batch: batch.count) }
    return activations.rows(plan.stages.count - 1)
  }

  /// Class probabilities of a batch, [count, classes], row-major, into `probabilities`.
  public func predict(_ batch: ImageBatch, into probabilities: UnsafeMutableBufferPointer<Float>) {
    predict(batch, averaging: nil, asLogarithms: false, into: probabilities)
  }

  /// The same, averaged over mirror images where `mirror` is given, and as natural logarithms where these are wanted:
  /// precise also where a probability is too small for a Float.
  func predict(
    _ batch: ImageBatch, averaging mirror: MirrorMemory?, asLogarithms: Bool,
    into result: UnsafeMutableBufferPointer<Float>
  ) {
    let classCount = architecture.classCount
    precondition(result.count >= batch.count * classCount, "too little room for the probabilities")
    let isSorted = sortByExtent(batch)
    let logits = indexes.withUnsafeBufferPointer { indexes in
      forward(
        isSorted ? ImageBatch(bytes: batch.bytes, indexes: indexes, count: batch.count) : batch,
        averaging: mirror)
    }
    if asLogarithms {
      engine.logSoftmax(logits: logits, logarithms: logits, batch: batch.count, classCount: classCount)
    } else {
      engine.softmax(logits: logits, probabilities: logits, batch: batch.count, classCount: classCount)
    }
    for row in 0..<batch.count {
      let target = (isSorted ? positions[row] : row) * classCount
      for column in 0..<classCount {
        result[target + column] = logits.floats[row * logits.stride + column]
      }
    }
  }

  /// Puts a batch's images in the order in which they are computed fastest, unless any order will do.
  private func sortByExtent(_ batch: ImageBatch) -> Bool {
    guard extents != nil, batch.count > engine.kernels.tileRows else { return false }
    extents?.order(batch, shape: architecture.input, engine: engine, into: &positions)
    indexes.removeAll(keepingCapacity: true)
    indexes.append(contentsOf: positions.lazy.map { batch.indexes?[$0] ?? $0 })
    return true
  }

  /// The logits of a batch, [count, classes], row-major.
  public func logits(_ batch: ImageBatch) -> [Float] {
    let logits = forward(batch)
    return (0..<batch.count).flatMap { row in
      (0..<architecture.classCount).map { logits.floats[row * logits.stride + $0] }
    }
  }

  /// The dropout masks in force for a stage.
  func masks(_ stage: Int) -> [DropoutMask] { dropsOut ? dropoutMasks[stage] : [] }

  private func setDropout(_ key: DropoutKey?) {
    dropsOut = key != nil
    guard let key else { return }
    for (index, stage) in plan.stages.enumerated() {
      for (number, dropout) in stage.dropouts.enumerated() {
        dropoutMasks[index][number] = key.mask(dropout)
      }
    }
  }

  private func forwardDense(_ index: Int, batch: Int) {
    guard case .dense(let dense) = plan.stages[index].core else { return }
    let output = activations.rows(index)
    let masks = masks(index)
    engine.denseForward(
      dense.shape, batch: batch, input: activations.rows(index - 1),
      weights: parameters[dense.parameters.weights], bias: parameters[dense.parameters.bias], output: output,
      rectifies: plan.stages[index].rectifies, terms: index == 1 ? activations.pixelLists : nil
    ) { block in
      let first = block.rows.lowerBound * output.stride + block.columns.lowerBound
      for mask in masks {
        engine.drop(
          Rows(output.floats.from(first), stride: output.stride), rowCount: block.rows.count,
          columns: block.columns.count, firstIndex: first, mask: mask)
      }
    }
  }
}
