// A node of a network: an operation in its place.

/// What a parameter is for. Training changes weights, biases and scales by their gradients, and nothing else.
public enum ParameterRole: Equatable, Sendable {
  /// What inputs are multiplied by and summed: the only role that weight decay usually means.
  case weight
  /// Weights that are fixed, as those that whiten patches.
  case fixedWeight
  case bias
  /// What a normalisation multiplies by.
  case scale
  /// A scale that is fixed: kept in files because PyTorch's layer has one.
  case fixedScale
  /// A running mean.
  case mean
  /// A running variance.
  case variance
  /// A count of training steps; no float in files.
  case counter

  /// Whether training changes it by its gradient.
  public var isLearned: Bool {
    switch self {
    case .weight, .bias, .scale: true
    case .fixedWeight, .fixedScale, .mean, .variance, .counter: false
    }
  }
}

/// A parameter's name, shape and role, in PyTorch's naming and layout.
public struct ParameterDescription: Equatable, Sendable {
  /// The path of its node and PyTorch's name for it: `block2.conv1.weight`, `norm1.running_mean`.
  public let name: String
  public let shape: [Int]
  public let role: ParameterRole

  public init(name: String, shape: [Int], role: ParameterRole = .weight) {
    self.name = name
    self.shape = shape
    self.role = role
  }

  /// The number of values; 1 for a shape of no axes.
  public var count: Int { shape.reduce(1, *) }
}

/// An operation in its place: what it reads, what it gives, and the parameters it has.
public struct Node: Equatable, Sendable {
  public let operation: Operation
  /// The path to it, `conv1`, `block2.shortcut.norm1`, `out`; no two nodes share one. Nodes without parameters have one
  /// too: `relu1`, `block1.pool2`, `block1.sum`.
  public let name: String
  /// The numbers of the nodes whose outputs it reads; none for the image, two or more for a sum or a concatenation.
  public let inputs: [Int]
  /// The shape of what the first of them gives; the image's own for the image.
  public let input: FeatureShape
  public let output: FeatureShape
  /// In PyTorch's order: weight, bias, then statistics; empty for what has none.
  public let parameters: [ParameterDescription]

  public init(
    operation: Operation, name: String, inputs: [Int], input: FeatureShape, output: FeatureShape,
    parameters: [ParameterDescription]
  ) {
    self.operation = operation
    self.name = name
    self.inputs = inputs
    self.input = input
    self.output = output
    self.parameters = parameters
  }

  /// The number of learned values.
  public var parameterCount: Int { parameters.reduce(0) { $0 + ($1.role.isLearned ? $1.count : 0) } }

  /// Multiplications and additions of a forward pass for one image (a multiply-add counts two), without the
  /// activations'.
  public var floatingPointOperations: Int { operation.floatingPointOperations(input: input, output: output) }
}
