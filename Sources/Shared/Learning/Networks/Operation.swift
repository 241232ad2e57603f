// The operations a network is made of. Each has a file in Operations/, with its text, its shape rule, its parameters,
// its first values and its errors; this file only says which there are.

import KernelInterface
import RandomNumbers

/// One operation of a network.
public enum Operation: Equatable, Sendable {
  /// The image's pixels, scaled; node 0 of every network and of nothing else.
  case image
  case convolution(Convolution)
  case normalization(BatchNormalization)
  case layerNormalization(LayerNormalization)
  case activation(Activation)
  case pool(Pooling)
  case globalPool(GlobalPooling)
  case dropout(Dropout)
  case linear(Linear)
  case scale(Scale)
  /// The sum of two maps or vectors of one shape, where branches of a `residual` meet.
  case sum
  /// The channels of several maps, or the values of several vectors, one after the other.
  case concatenation

  /// The operations that a specification can name, in the order in which messages list them.
  static let written: [any WrittenOperation.Type] = [
    Convolution.self, BatchNormalization.self, LayerNormalization.self, Activation.self, Pooling.self,
    Dropout.self, Linear.self, Scale.self,
  ]

  private var rules: any OperationRules {
    switch self {
    case .image: Image()
    case .convolution(let convolution): convolution
    case .normalization(let normalization): normalization
    case .layerNormalization(let normalization): normalization
    case .activation(let activation): activation
    case .pool(let pooling): pooling
    case .globalPool(let pooling): pooling
    case .dropout(let dropout): dropout
    case .linear(let linear): linear
    case .scale(let scale): scale
    case .sum: Sum()
    case .concatenation: Concatenation()
    }
  }
}

extension Operation {
  /// Its word of a specification, without what is default.
  public var text: String { rules.text }

  /// What its nodes are called, before their number: `conv` of `conv1`, `fc` of `fc2`.
  var stem: String { rules.stem }

  /// Whether a specification can name it; the others follow from blocks.
  var isWritten: Bool { rules is any WrittenOperation || rules is GlobalPooling }

  /// The shape of the result for one image. `inputs` has one shape, except where branches meet.
  public func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    try rules.output(of: inputs)
  }

  /// The tensors that it keeps, in PyTorch's order, with local names such as `weight`. `input` is the first one's shape.
  public func parameters(input: FeatureShape) -> [ParameterDescription] { rules.parameters(input: input) }

  /// First values for those parameters, one array each; `isOutput` for the layer that gives the logits.
  func firstValues(
    of parameters: [ParameterDescription], by initialization: Initialization, isOutput: Bool,
    _ random: inout SplitMix64
  ) -> [[Float]] {
    rules.firstValues(of: parameters, by: initialization, isOutput: isOutput, &random)
  }

  /// Multiplications and additions for one image, without biases and activations; a multiply-add counts two.
  public func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int {
    rules.floatingPointOperations(input: input, output: output)
  }
}
