// The network as it is computed: operations that are computed together become one outline, before memory is laid out.
//
// ReLU works in place on what it follows, commutes with max-pooling and with dropout, and its backward pass needs its
// result alone: "is there one" is all that matters of it. Dropout works in place, too. A max-pooling joins the
// convolution before it, so that the map before the pooling never leaves the cache. Other activations join a
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
}

extension Outline {
  /// Whether it has parameters that are learned.
  var learns: Bool {
    switch core {
    case .convolution, .linear, .normalization: true
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
    case .convolution, .linear, .normalization: true
    case .pointwise(let activation?, _): activation.backwardReads == .input
    default: false
    }
  }
}
