// Groups the operations of a network: those that are computed together become one outline, before memory is laid out.
//
// A ReLU works in place on the values before it, commutes with max-pooling and with dropout, and its backward pass
// needs only its result. So an outline only records whether it has one. Dropout works in place, too. A max-pooling
// joins the convolution before it, unless that has bfloat16 products, so that the map before the pooling never leaves
// the cache. Other activations join a normalisation. A normalisation is folded into the convolution or dense layer
// before it, but only in a network that is not trained.

import KernelInterface
import Networks

/// The number of a value. Each outline produces one value.
typealias ValueID = Int

/// A dropout whose probability is above 0. `layer` makes its masks differ from those of other dropouts.
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

/// Operations that are computed together.
struct Outline: Equatable {
  enum Core: Equatable {
    case image
    case convolution(Convolution)
    case linear(Linear)
    case normalization(BatchNormalization)
    case layerNormalization(LayerNormalization)
    case maxPool(Pooling)
    case averagePool(Pooling)
    case globalPool(Pooling.Kind)
    /// A function of each value by itself, not in place: an activation, a factor, or a copy on which later operations
    /// work in place.
    case pointwise(Activation?, factor: Float)
    case sum
    case concatenation
  }
  let core: Core
  /// The node of the core, whose parameters are those of the outline.
  let node: Int
  /// The values that it reads. A normalisation normalises the first; if there is a second, it is added to the result.
  var inputs: [ValueID]
  var output: FeatureShape
  /// The node of a normalisation that joined the core. This property and the next ones are in the order of the
  /// computation.
  var foldedNormalization: Int?
  /// The activation after a normalisation, or after the sum that joined it.
  var activation: Activation?
  var pool: PoolPlan?
  var rectifies = false
  var dropouts: [DropoutPlan] = []
  /// The precision of its products, if it has any.
  var precision = Precision.float32
}

extension Outline {
  /// Whether it has learned parameters.
  var learns: Bool {
    switch core {
    case .convolution(let convolution): !convolution.whitens || convolution.hasBias
    case .linear, .normalization, .layerNormalization: true
    default: false
    }
  }

  /// Whether its backward pass reads its output.
  var backwardReadsOutput: Bool {
    if rectifies { return true }
    if case .pointwise(let activation?, _) = core { return activation.backwardReads == .output }
    return false
  }

  /// Whether its backward pass reads its input.
  var backwardReadsInput: Bool {
    switch core {
    case .convolution(let convolution): !convolution.whitens
    case .linear, .normalization, .layerNormalization: true
    case .pointwise(let activation?, _): activation.backwardReads == .input
    default: false
    }
  }
}

/// Turns a network's nodes into outlines.
struct OutlineBuilder {
  private let architecture: Architecture
  private let forTraining: Bool
  private let precision: Precision
  private(set) var outlines: [Outline] = []
  /// For each node, the value that holds its output.
  private var values: [ValueID] = []
  /// For each node, the node that produces its output: itself, or an earlier one if the node does nothing.
  private let sources: [Int]
  /// For each node that is its own source, the number of inputs that read it.
  private let readerCounts: [Int]

  init(_ architecture: Architecture, forTraining: Bool, precision: Precision) {
    self.architecture = architecture
    self.forTraining = forTraining
    self.precision = precision
    var sources: [Int] = []
    for (index, node) in architecture.nodes.enumerated() {
      sources.append(node.operation.doesNothing ? sources[node.inputs[0]] : index)
    }
    var counts = [Int](repeating: 0, count: architecture.nodes.count)
    for (index, node) in architecture.nodes.enumerated() where sources[index] == index {
      for input in node.inputs { counts[sources[input]] += 1 }
    }
    self.sources = sources
    readerCounts = counts
    for index in architecture.nodes.indices { values.append(place(index)) }
  }

  /// Returns the value that holds a node's output: a new one, that of an outline that the node joins, or that of its
  /// source.
  private mutating func place(_ index: Int) -> ValueID {
    let node = architecture.nodes[index]
    if sources[index] != index { return values[sources[index]] }
    if let first = node.inputs.first, readerCounts[sources[first]] == 1, join(index, node, to: values[first])
    {
      outlines[values[first]].output = node.output
      return values[first]
    }
    switch node.operation {
    case .image: return append(.image, index)
    case .convolution(let convolution): return append(.convolution(convolution), index)
    case .linear(let linear): return append(.linear(linear), index)
    case .normalization(let normalization): return append(.normalization(normalization), index)
    case .layerNormalization(let normalization): return append(.layerNormalization(normalization), index)
    case .pool(let pooling):
      return append(pooling.kind == .maximum ? .maxPool(pooling) : .averagePool(pooling), index)
    case .globalPool(let pooling): return append(.globalPool(pooling.kind), index)
    case .activation(let activation): return append(.pointwise(activation, factor: 1), index)
    case .scale(let scale): return append(.pointwise(nil, factor: Float(scale.factor)), index)
    case .sum: return addToNormalization(node) ?? append(.sum, index)
    case .concatenation: return append(.concatenation, index)
    case .dropout(let dropout):
      let value = append(.pointwise(nil, factor: 1), index)
      outlines[value].dropouts = [plan(dropout, index)]
      return value
    }
  }

  private mutating func append(_ core: Outline.Core, _ index: Int) -> ValueID {
    let node = architecture.nodes[index]
    outlines.append(
      Outline(core: core, node: index, inputs: node.inputs.map { values[$0] }, output: node.output))
    if precision == .bfloat16, takesBFloat16(core, input: node.inputs.first) {
      outlines[outlines.count - 1].precision = .bfloat16
    }
    return outlines.count - 1
  }

  /// Whether operands are rounded if the precision is bfloat16. This holds for dense layers, and for convolutions with
  /// enough input channels to fill more than half of a tile. With fewer, as the image has, most of a tile would be
  /// padding. Fixed weights stay in float32, whose steps leave out their gradient.
  private func takesBFloat16(_ core: Outline.Core, input: Int?) -> Bool {
    switch core {
    case .linear: return true
    case .convolution(let convolution):
      guard let input, case .map(_, _, let channels) = architecture.nodes[input].output else { return false }
      return convolution.groups == 1 && !convolution.whitens && channels > BFloat16Tile.depth / 2
    default: return false
    }
  }

  /// Lets a sum join a normalisation that is one of its inputs, if nothing else reads the normalisation and the other
  /// input is complete by then. The normalisation adds that input to its result. Returns its value, or `nil`.
  private mutating func addToNormalization(_ node: Node) -> ValueID? {
    let terms = node.inputs.map { values[$0] }
    guard terms.count == 2, terms[0] != terms[1], let last = terms.max(), let other = terms.min(),
      outlines[last].takesSum, readerCounts[sources[node.inputs[terms[0] == last ? 0 : 1]]] == 1
    else { return nil }
    outlines[last].inputs.append(other)
    return last
  }

  private func plan(_ dropout: Dropout, _ index: Int) -> DropoutPlan {
    DropoutPlan(probability: dropout.probability, layer: index - 1)
  }

  /// Lets a node join the outline before it, whose only reader it is. Returns whether it does.
  private mutating func join(_ index: Int, _ node: Node, to value: ValueID) -> Bool {
    let outline = outlines[value]
    switch node.operation {
    case .activation(.relu) where outline.takesRectification:
      outlines[value].rectifies = true
    case .activation(let activation) where outline.takesActivation:
      outlines[value].activation = activation
    case .pool(let pooling) where outline.takesPool(pooling):
      outlines[value].pool = PoolPlan(size: pooling.size, stride: pooling.stride)
    case .dropout(let dropout) where outline.takesDropout:
      outlines[value].dropouts.append(plan(dropout, index))
    case .normalization where !forTraining && outline.takesNormalization:
      outlines[value].foldedNormalization = index
    default: return false
    }
    return true
  }
}

extension Operation {
  /// Whether its output is always its input, in training, too.
  fileprivate var doesNothing: Bool {
    if case .dropout(let dropout) = self { dropout.probability == 0 } else { false }
  }
}

extension Outline {
  /// Whether a ReLU can work in place. It cannot after another activation, nor on pixels, which are below 0 if they are
  /// normalised. A normalisation takes it as its activation.
  fileprivate var takesRectification: Bool {
    switch core {
    case .image, .normalization: false
    case .pointwise(let activation, _): activation == nil
    default: activation == nil
    }
  }

  /// Whether another value can be added to its result before that is written.
  fileprivate var takesSum: Bool {
    if case .normalization = core {
      inputs.count == 1 && activation == nil && dropouts.isEmpty
    } else {
      false
    }
  }

  fileprivate var takesActivation: Bool {
    switch core {
    case .normalization: activation == nil && dropouts.isEmpty
    default: false
    }
  }

  /// Whether dropout can work in place. It cannot if the backward pass computes an activation's gradient from its
  /// results.
  fileprivate var takesDropout: Bool {
    if case .pointwise(let activation?, _) = core { return activation.backwardReads == .input }
    return true
  }

  /// Whether a pooling can join the convolution before it. It cannot after a dropout, whose zeros could win a maximum.
  fileprivate func takesPool(_ pooling: Pooling) -> Bool {
    guard case .convolution(let convolution) = core, convolution.groups == 1, precision == .float32 else {
      return false
    }
    return pooling.kind == .maximum && pooling.padding == 0 && pool == nil && dropouts.isEmpty
  }

  fileprivate var takesNormalization: Bool {
    switch core {
    case .convolution, .linear:
      pool == nil && !rectifies && dropouts.isEmpty && foldedNormalization == nil
    default: false
    }
  }
}
