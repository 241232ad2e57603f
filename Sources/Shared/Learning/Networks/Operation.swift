// The operations that make up networks. Each has a file in Operations/ with its text, its shape rule, its parameters,
// their initial values and its errors. This file only lists them.

import KernelInterface
import RandomNumbers

/// One operation of a network.
public enum Operation: Equatable, Sendable {
  /// The scaled pixels of the image. Node 0 of every network is this operation, and no other node is.
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
  /// The sum of two maps or vectors of the same shape, in which the branches of a `residual` meet.
  case sum
  /// The channels of several maps, or the values of several vectors, one after another.
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
  /// The operation's word in a specification, without defaults.
  public var text: String { rules.text }

  /// The name of its nodes without their number: `conv` in `conv1`, `fc` in `fc2`.
  var stem: String { rules.stem }

  /// Whether a specification can name it. The image is implied; sums and concatenations follow from blocks.
  var isWritten: Bool { rules is any WrittenOperation || rules is GlobalPooling }

  /// Returns the shape of the result for one image. `inputs` has one shape, unless branches meet here.
  public func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    try rules.output(of: inputs)
  }

  /// Returns its tensors in PyTorch's order, with local names such as `weight`. `input` is the first input's shape.
  public func parameters(input: FeatureShape) -> [ParameterDescription] { rules.parameters(input: input) }

  /// Returns initial values for `parameters`, one array each. `isOutput` is true for the layer that gives the logits.
  func firstValues(
    of parameters: [ParameterDescription], by initialization: Initialization, isOutput: Bool,
    _ random: inout SplitMix64
  ) -> [[Float]] {
    rules.firstValues(of: parameters, by: initialization, isOutput: isOutput, &random)
  }

  /// Returns the multiplications and additions for one image, without biases and activations. A multiply-add is two.
  public func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int {
    rules.floatingPointOperations(input: input, output: output)
  }
}
