// How a network is computed: steps in order, cut into segments, and the list of all arrays. No memory is allocated here.

import Compute
import KernelInterface
import Networks

/// Steps that belong together.
enum Segment {
  /// Each image goes through all of them before the next image does.
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
  /// The places of all parameters, in the network's order.
  let places: @Sendable (_ panelWidth: Int) -> [ParameterPlaces]
  /// Floats of the learned parameters, of the others, and of what is derived from them: for input gradients, and for
  /// Winograd's forward pass. Padding included.
  let parameterCount: Int
  /// The learned parameters by kinds, in the order of their places.
  let parts: [ParameterPart]
  let constantCount: Int
  let derivedCount: Int
  let transformedCount: Int
  /// Where each convolution and dense layer begins, in the order of the network.
  let layerStarts: [LayerStart]

  /// The image, and the logits.
  var image: ValuePlan { values[0] }
  let logits: ValuePlan

  /// Whether the image goes straight to dense layers.
  var readsImageDensely: Bool { image.layout.isPatched }

  /// The chunks that a batch is summed up in, each some images in a row.
  func chunks(ofBatch batch: Int) -> [Range<Int>] {
    let size = (batch + chunkCount - 1) / chunkCount
    return stride(from: 0, to: batch, by: size).map { $0..<min($0 + size, batch) }
  }

  /// The places of all learned parameters but the weights of dense layers: what changes last in a training step.
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
