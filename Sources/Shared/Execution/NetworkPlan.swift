// How an architecture is laid out in memory and cut into stages: what is allocated where, decided once.
//
// A stage is a convolution (with a max-pooling right behind it), a lone pooling or a dense layer, together with the
// ReLUs and dropouts that follow: those work in place. ReLU commutes with max-pooling and with dropout, so
// "is there one" is all that matters.

import Networks
import Compute
import KernelInterface

/// Where an image's values lie: a map [height, width, channels] with a margin of zeros, or a vector (1 × 1).
struct FeatureLayout: Equatable {
  let height: Int
  let width: Int
  /// As the architecture counts them, and as memory holds them.
  let channels: Int
  let channelStride: Int
  /// Rows and columns of zeros on every side, which the next convolution wants.
  let margin: Int
  /// Whether pixels lie in the order of ``PixelPatches``, as a dense layer likes to read an image.
  var isPatched = false

  var rowStride: Int { (width + 2 * margin) * channelStride }
  /// The first value behind the margin.
  var origin: Int { margin * rowStride + margin * channelStride }
  /// Values of an image with its margin, padded to the lane.
  var paddedCount: Int {
    paddedToLane(
      isPatched
        ? PixelPatches.valueCount(height: height, width: width, channels: channelStride)
        : (height + 2 * margin) * rowStride)
  }
  /// Floats from one image to the next.
  var imageStride: Int { Compute.rowStride(columns: paddedCount) }

  /// Where the value of a channel, row and column lies in an image.
  func offset(channel: Int, y: Int, x: Int) -> Int {
    isPatched
      ? PixelPatches.offset(y: y, x: x, channel: channel, height: height, channels: channelStride)
      : origin + y * rowStride + x * channelStride + channel
  }
}

/// A dropout layer of a stage; `layer` makes its masks differ from the others'.
struct DropoutPlan: Equatable {
  let probability: Double
  let layer: Int
}

struct PoolPlan: Equatable {
  let size: Int
  let stride: Int

  /// The pooling whose windows are the tiles of Winograd's convolution.
  static let winograd = PoolPlan(size: 2, stride: 2)
}

struct ConvolutionPlan: Equatable {
  let shape: ConvolutionShape
  let pool: PoolPlan?
  let parameters: ParameterSlices
  /// The place, among the derived weights, of what the input gradient multiplies by: the weights as rows where the
  /// gradient is sparse, else the flipped kernel. `nil` where no input gradient is wanted.
  let derived: Range<Int>?
  /// The place, among the transformed weights, of what Winograd's convolution multiplies by; `nil` where the direct
  /// convolution is used.
  let transformed: Range<Int>?

  /// How the backward pass goes.
  enum Backward {
    /// Over the list of what is not 0 behind the pooling.
    case listed
    /// Over the windows of the pooling behind a convolution of the image.
    case pooled
    /// Over the whole output gradient, spread out.
    case spread
  }

  var backward: Backward {
    guard let pool else { return .spread }
    if shape.hasSparseGradient(poolSize: pool.size, poolStride: pool.stride) { return .listed }
    // Without padded channels there is nothing before this convolution that learns.
    return shape.hasPooledGradient(poolSize: pool.size, poolStride: pool.stride) ? .pooled : .spread
  }
}

struct DensePlan: Equatable {
  let shape: DenseShape
  let parameters: ParameterSlices
}

/// A layer's place in the flat array of all parameters (and of gradients and moments, which lie alike).
struct ParameterSlices: Equatable {
  /// The layer's name: `conv1`, `fc2`, `out`.
  let name: String
  let weights: Range<Int>
  let bias: Range<Int>
}

struct Stage: Equatable {
  enum Core: Equatable {
    /// The image, as floats.
    case input
    case convolution(ConvolutionPlan)
    case pooling(PoolPlan)
    case dense(DensePlan)
  }
  let core: Core
  let output: FeatureLayout
  let rectifies: Bool
  let dropouts: [DropoutPlan]
  /// Whether an earlier stage learns, so that this one's input gradient is wanted.
  let passesGradient: Bool

  /// Whether the stage works on one image at a time; dense stages take the batch at once.
  var isPerImage: Bool {
    if case .dense = core { false } else { true }
  }
}

/// The stages of a network and the sizes of its arrays.
struct NetworkPlan: Equatable {
  let architecture: Architecture
  /// The input stage first, the layer `out` last; per-image stages before dense ones.
  let stages: [Stage]
  /// Floats of all parameters, padding included.
  let parameterCount: Int
  /// Floats of the convolutions' weights as their input gradients want them.
  let derivedCount: Int
  /// Floats of the convolutions' weights as Winograd's forward pass wants them.
  let transformedCount: Int

  /// The places of all parameters but the weights of dense layers: what changes last in a training step.
  var lateParameters: [Range<Int>] {
    stages.compactMap { stage in
      switch stage.core {
      case .input, .pooling: nil
      case .convolution(let plan): plan.parameters.weights.lowerBound..<plan.parameters.bias.upperBound
      case .dense(let plan): plan.parameters.bias
      }
    }
  }

  /// Whether the image goes straight to a dense layer.
  var readsImageDensely: Bool { stages[0].output.isPatched }

  /// Stages that work image by image: `stages[..<imageStageCount]`.
  var imageStageCount: Int { stages.firstIndex { !$0.isPerImage } ?? stages.count }

  init(_ architecture: Architecture) {
    let outlines = StageOutline.outlines(of: architecture)
    var builder = PlanBuilder()
    for (index, outline) in outlines.enumerated() {
      builder.append(outline, next: index + 1 < outlines.count ? outlines[index + 1] : nil)
    }
    self.architecture = architecture
    stages = builder.stages
    parameterCount = builder.parameterCount
    derivedCount = builder.derivedCount
    transformedCount = builder.transformedCount
  }
}

/// A stage before memory is laid out.
private struct StageOutline {
  /// The convolution, lone pooling or linear layer; `nil` for the input.
  var core: PlacedLayer?
  var output: FeatureShape
  var pool: PoolPlan?
  var rectifies = false
  var dropouts: [DropoutPlan] = []

  static func outlines(of architecture: Architecture) -> [StageOutline] {
    let image = architecture.input
    var outlines = [
      StageOutline(output: .map(height: image.height, width: image.width, channels: image.channels))
    ]
    for (index, placed) in architecture.layers.enumerated() {
      let last = outlines.count - 1
      switch placed.layer {
      case .relu: outlines[last].rectifies = true
      case .dropout(let probability):
        if probability > 0 {
          outlines[last].dropouts.append(DropoutPlan(probability: probability, layer: index))
        }
      case .maxPool(let size, let stride) where outlines[last].canTakePool:
        outlines[last].pool = PoolPlan(size: size, stride: stride)
        outlines[last].output = placed.output
      case .convolution, .maxPool, .linear:
        outlines.append(StageOutline(core: placed, output: placed.output))
      }
    }
    return outlines
  }

  /// A pooling joins the convolution before it, unless dropout stands between: its zeros could win a maximum.
  private var canTakePool: Bool {
    guard case .convolution? = core?.layer else { return false }
    return pool == nil && dropouts.isEmpty
  }

  var isPooling: Bool {
    if case .maxPool? = core?.layer { true } else { false }
  }

  var isDense: Bool {
    if case .linear? = core?.layer { true } else { false }
  }

  /// The margin that this stage's convolution wants around its input.
  var wantedMargin: Int {
    guard case .convolution(let convolution)? = core?.layer else { return 0 }
    return convolution.padding
  }
}

/// Lays out stages one behind the other.
private struct PlanBuilder {
  var stages: [Stage] = []
  var parameterCount = 0
  var derivedCount = 0
  var transformedCount = 0
  private var learns = false

  mutating func append(_ outline: StageOutline, next: StageOutline?) {
    let output = layout(outline, next: next)
    let passesGradient = learns
    stages.append(
      Stage(
        core: core(outline), output: output, rectifies: outline.rectifies, dropouts: outline.dropouts,
        passesGradient: passesGradient))
  }

  private func layout(_ outline: StageOutline, next: StageOutline?) -> FeatureLayout {
    switch outline.output {
    case .map(let height, let width, let channels):
      // The channels of the image itself are only padded for a pooling: one would become sixteen.
      let isPadded = outline.core != nil || next?.isPooling == true
      return FeatureLayout(
        height: height, width: width, channels: channels,
        channelStride: isPadded ? paddedToLane(channels) : channels, margin: next?.wantedMargin ?? 0,
        isPatched: outline.core == nil && next?.isDense == true)
    case .vector(let count):
      return FeatureLayout(
        height: 1, width: 1, channels: count, channelStride: paddedToLane(count), margin: 0)
    }
  }

  private mutating func core(_ outline: StageOutline) -> Stage.Core {
    guard let placed = outline.core, let input = stages.last?.output else { return .input }
    switch placed.layer {
    case .convolution(let convolution):
      let shape = ConvolutionShape(
        inputHeight: input.height, inputWidth: input.width, inputChannels: input.channelStride,
        outputChannels: paddedToLane(convolution.channels), kernelSize: convolution.kernelSize,
        stride: convolution.stride, padding: convolution.padding)
      let derived = learns ? derive(max(shape.flippedWeightCount, shape.weightCount)) : nil
      let slices = parameters(placed.name, weights: shape.weightCount, bias: shape.outputChannels)
      return .convolution(
        ConvolutionPlan(
          shape: shape, pool: outline.pool, parameters: slices, derived: derived,
          transformed: transform(shape, outline.pool)))
    case .linear(let outputs):
      let shape = DenseShape(inputs: input.paddedCount, outputs: paddedToLane(outputs))
      let slices = parameters(placed.name, weights: shape.weightCount, bias: shape.outputs)
      return .dense(DensePlan(shape: shape, parameters: slices))
    case .maxPool(let size, let stride): return .pooling(PoolPlan(size: size, stride: stride))
    case .relu, .dropout: preconditionFailure("\(placed.name) is part of another stage")
    }
  }

  private mutating func parameters(_ name: String, weights: Int, bias: Int) -> ParameterSlices {
    let start = parameterCount
    parameterCount += weights + bias
    learns = true
    return ParameterSlices(
      name: name, weights: start..<start + weights, bias: start + weights..<start + weights + bias)
  }

  /// Winograd's convolution knows no pooling but that of its own tiles.
  private mutating func transform(_ shape: ConvolutionShape, _ pool: PoolPlan?) -> Range<Int>? {
    guard shape.hasWinograd, pool == nil || pool == .winograd else { return nil }
    transformedCount += shape.winogradWeightCount
    return transformedCount - shape.winogradWeightCount..<transformedCount
  }

  private mutating func derive(_ count: Int) -> Range<Int> {
    derivedCount += count
    return derivedCount - count..<derivedCount
  }
}
