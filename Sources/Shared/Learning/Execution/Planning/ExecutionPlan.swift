// The plan of a network's computation: its steps in order, cut into segments, and the list of all arrays. No memory is
// allocated here.

import Compute
import KernelInterface
import Networks

/// Steps that run together.
enum Segment {
  /// Each image goes through all steps before the next image does.
  case images([any ImageStep])
  /// A step that takes the whole batch.
  case dense(DenseStep)
  case batch(any BatchStep)
}

/// The steps of a network and the sizes of its arrays.
struct ExecutionPlan {
  let segments: [Segment]
  let values: [ValuePlan]
  let arrays: ArrayList
  /// See ``ArrayList/chunkCount``.
  let chunkCount: Int
  /// The steps of each kind, in the order of the forward pass.
  let imageSteps: [any ImageStep]
  let denseSteps: [DenseStep]
  let batchSteps: [any BatchStep]
  /// Returns the places of all parameters, in the network's order.
  let places: @Sendable (_ panelWidth: Int) -> [ParameterPlaces]
  /// The number of floats of the learned parameters, padding included.
  let parameterCount: Int
  /// The learned parameters by kind, in the order of their places.
  let parts: [ParameterPart]
  /// The number of floats of the layers' other values, such as running statistics.
  let constantCount: Int
  /// The number of floats that are derived from weights for input gradients.
  let derivedCount: Int
  /// The number of floats of weights that are transformed for Winograd's forward pass.
  let transformedCount: Int
  /// The start of each convolution and dense layer, in the order of the network.
  let layerStarts: [LayerStart]

  /// The value of the image.
  var image: ValuePlan { values[0] }
  /// The value of the logits.
  let logits: ValuePlan

  /// Whether dense layers read the image itself.
  var readsImageDensely: Bool { image.layout.hasPixelBlocks }

  /// Returns the chunks in which a batch is summed up: ranges of consecutive images.
  func chunks(ofBatch batch: Int) -> [Range<Int>] {
    let size = (batch + chunkCount - 1) / chunkCount
    return stride(from: 0, to: batch, by: size).map { $0..<min($0 + size, batch) }
  }

  /// The places of all learned parameters except the weights of dense layers. They are the last to change in a training
  /// step.
  var lateParameters: [Range<Int>] {
    let early = denseSteps.map(\.slices.weights).sorted { $0.lowerBound < $1.lowerBound }
    var late: [Range<Int>] = []
    var next = 0
    for weights in early {
      if weights.lowerBound > next { late.append(next..<weights.lowerBound) }
      next = weights.upperBound
    }
    if next < parameterCount { late.append(next..<parameterCount) }
    return late
  }

  init(
    _ architecture: Architecture, forTraining: Bool, engine: Engine, precision: Precision = .float32
  ) {
    let outlines = OutlineBuilder(architecture, forTraining: forTraining, precision: precision).outlines
    var planner = Planner(architecture, outlines, forTraining: forTraining, engine: engine)
    planner.run()
    self.init(planner)
  }

  private init(_ planner: Planner) {
    segments = planner.steps
    imageSteps = segments.flatMap { segment -> [any ImageStep] in
      if case .images(let steps) = segment { steps } else { [] }
    }
    denseSteps = segments.compactMap { if case .dense(let step) = $0 { step } else { nil } }
    batchSteps = segments.compactMap { if case .batch(let step) = $0 { step } else { nil } }
    values = planner.values
    arrays = planner.arrays
    chunkCount = planner.arrays.chunkCount
    logits = planner.values[planner.values.count - 1]
    parameterCount = planner.parameters.parameterCount
    parts = planner.parameters.parts
    constantCount = planner.parameters.constantCount
    derivedCount = planner.derivedCount
    transformedCount = planner.transformedCount
    layerStarts = planner.layerStarts
    let places = planner.placesByNode.sorted { $0.key < $1.key }.map(\.value)
    self.places = { width in places.flatMap { $0(width) } }
  }
}
