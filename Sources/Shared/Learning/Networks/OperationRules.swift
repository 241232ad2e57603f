// The rules that every operation states about itself, in its own file in Operations/.

import RandomNumbers

/// The reason why an operation does not fit its inputs. Messages put it after "does not fit its input of 16×7×7: ".
public struct Misfit: Error, Equatable, Sendable {
  public let reason: String

  init(_ reason: String) { self.reason = reason }
}

/// The rules of an operation: its text, its name, its shapes, its parameters and its cost.
protocol OperationRules: Equatable, Sendable {
  /// The operation's word in a specification, without defaults.
  var text: String { get }
  /// The name of its nodes without their number: `conv` in `conv1`.
  var stem: String { get }
  /// Returns the shape of the result for inputs of these shapes: one shape, unless branches meet here.
  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape
  /// Returns its tensors for an input of this shape, in PyTorch's order and with PyTorch's local names (`weight`).
  func parameters(input: FeatureShape) -> [ParameterDescription]
  /// Returns initial values for `parameters`, one array each, drawn from the node's own random stream.
  func firstValues(
    of parameters: [ParameterDescription], by initialization: Initialization, isOutput: Bool,
    _ random: inout SplitMix64
  ) -> [[Float]]
  /// Returns the multiplications and additions for one image. A multiply-add counts as two, adding a bias as none.
  func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int
}

/// The defaults, for operations that have no parameters and whose arithmetic is not counted.
extension OperationRules {
  func parameters(input: FeatureShape) -> [ParameterDescription] { [] }

  func firstValues(
    of parameters: [ParameterDescription], by initialization: Initialization, isOutput: Bool,
    _ random: inout SplitMix64
  ) -> [[Float]] { [] }

  func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int { 0 }
}

/// An operation that has a word in specifications.
protocol WrittenOperation: OperationRules {
  /// The words that can begin its text, such as `conv`. A type that stands for several operations has several.
  static var words: [String] { get }
  /// The keys of its options, `kernel`, in the order in which they are written.
  static var options: [String] { get }
  /// Whether a number can follow `word`, one of ``words``, as in `conv:16`.
  static func takesNumber(_ word: String) -> Bool
  /// Takes the value and the options from `word`. The caller rejects whatever is left.
  static func parse(_ word: inout WordArguments) throws(ArchitectureError) -> Operation
}

extension WrittenOperation {
  static var options: [String] { [] }

  static func takesNumber(_ word: String) -> Bool { true }
}
