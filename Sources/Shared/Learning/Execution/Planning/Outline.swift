// The network as it is computed: operations that are computed together become one outline, before memory is laid out.
//
// ReLU works in place on what it follows, commutes with max-pooling and with dropout, and its backward pass needs its
// result alone: "is there one" is all that matters of it. Dropout works in place, too. A max-pooling joins the
// convolution before it, unless that takes bfloat16, so that the map before the pooling never leaves the cache. Other activations join a
// normalisation. Only a network that is not trained has a normalisation folded into the convolution before it.

import KernelInterface
import Networks

/// A value's number: each outline gives one.
typealias ValueID = Int

/// A dropout that is in force; `layer` makes its masks differ from the others'.
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
    /// Each value by itself, not in place: an activation, or a factor, or a copy for what follows.
    case pointwise(Activation?, factor: Float)
    case sum
    case concatenation
  }
  let core: Core
  /// The node of the core; its parameters are the outline's.
  let node: Int
  /// Of a normalisation, what it normalises, and after that what is added to the result, if something is.
  var inputs: [ValueID]
  var output: FeatureShape
  /// What joined, in the order in which it is done.
  var foldedNormalization: Int?
  /// Of a normalisation or a sum.
  var activation: Activation?
  var pool: PoolPlan?
  var rectifies = false
  var dropouts: [DropoutPlan] = []
  /// Of its products, if it has any.
  var precision = Precision.float32
}

extension Outline {
  /// Whether it has parameters that are learned.
  var learns: Bool {
    switch core {
    case .convolution(let convolution): !convolution.whitens || convolution.hasBias
    case .linear, .normalization, .layerNormalization: true
    default: false
    }
  }

  /// Whether its backward pass reads what it put out.
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

/// Makes outlines of a network's nodes.
struct OutlineBuilder {
  private let architecture: Architecture
  private let forTraining: Bool
  private let precision: Precision
  private(set) var outlines: [Outline] = []
  /// For each node, the value that holds its output.
  private var values: [ValueID] = []
  /// For each node, the one whose output its own is: another for what does nothing.
  private let sources: [Int]
  /// For each node that is its own source, how many inputs it is.
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

  /// The value that a node's output is; a new one, or that of an outline which the node joins.
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

  /// Whether operands are rounded where the precision is bfloat16: those of dense layers, and of convolutions with as many
  /// channels as fill a tile. With fewer, as those of the image have, most of a tile would be padding. Fixed
  /// weights stay in float32, whose steps leave out their gradient.
  private func takesBFloat16(_ core: Outline.Core, input: Int?) -> Bool {
    switch core {
    case .linear: return true
    case .convolution(let convolution):
      guard let input, case .map(_, _, let channels) = architecture.nodes[input].output else { return false }
      return convolution.groups == 1 && !convolution.whitens && channels > BFloat16Tile.depth / 2
    default: return false
    }
  }

  /// Lets a sum join a normalisation that is one of its inputs, as what is added to the result, if that is complete by
  /// then and nothing else reads the normalisation.
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
  /// Whether its output is its input, in training too.
  fileprivate var doesNothing: Bool {
    if case .dropout(let dropout) = self { dropout.probability == 0 } else { false }
  }
}

extension Outline {
  /// Whether a ReLU can work in place: it does not on what has an activation of its own.
  fileprivate var takesRectification: Bool {
    switch core {
    case .normalization: false
    case .pointwise(let activation, _): activation == nil
    default: activation == nil
    }
  }

  /// Whether a sum can be made of it before its result is written.
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

  /// Whether dropout can work in place: not where the backward pass derives an activation from its results.
  fileprivate var takesDropout: Bool {
    if case .pointwise(let activation?, _) = core { return activation.backwardReads == .input }
    return true
  }

  /// A pooling joins the convolution before it, unless dropout stands between: its zeros could win a maximum.
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
