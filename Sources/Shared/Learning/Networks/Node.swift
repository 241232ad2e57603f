// A node of a network: an operation and its place in the graph.

/// The purpose of a parameter. Training changes only weights, biases and scales by their gradients.
public enum ParameterRole: Equatable, Sendable {
  /// The factors of a sum over inputs. Weight decay usually applies to this role only.
  case weight
  /// Fixed weights, such as those that whiten patches.
  case fixedWeight
  case bias
  /// The learned factors of a normalisation.
  case scale
  /// A fixed scale. Files store it because PyTorch's layer has one.
  case fixedScale
  /// A running mean.
  case mean
  /// A running variance.
  case variance
  /// A count of training steps. Files store it as an integer.
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
  /// The node's path and PyTorch's name of the parameter: `block2.conv1.weight`, `norm1.running_mean`.
  public let name: String
  public let shape: [Int]
  public let role: ParameterRole

  public init(name: String, shape: [Int], role: ParameterRole = .weight) {
    self.name = name
    self.shape = shape
    self.role = role
  }

  /// The number of values; 1 for a shape without axes.
  public var count: Int { shape.reduce(1, *) }
}

/// An operation in the graph, with its inputs, its output and its parameters.
public struct Node: Equatable, Sendable {
  public let operation: Operation
  /// The node's unique path, such as `conv1`, `block2.shortcut.norm1` or `out`. Nodes without parameters have one, too:
  /// `relu1`, `block1.pool2`, `block1.sum`.
  public let name: String
  /// The numbers of the nodes whose outputs it reads: none for the image, two or more for a sum or a concatenation.
  public let inputs: [Int]
  /// The output shape of the first input; for the image, its own shape.
  public let input: FeatureShape
  public let output: FeatureShape
  /// The parameters, in PyTorch's order: weight, bias, then statistics.
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

  /// Multiplications and additions in the forward pass of one image, without activations. A multiply-add counts as two.
  public var floatingPointOperations: Int { operation.floatingPointOperations(input: input, output: output) }
}
