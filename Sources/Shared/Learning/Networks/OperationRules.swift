// What every operation states about itself, in its own file in Operations/.

import RandomNumbers

/// Why an operation does not fit its inputs, in words that follow "does not fit its input of 16×7×7: ".
public struct Misfit: Error, Equatable, Sendable {
  public let reason: String

  init(_ reason: String) { self.reason = reason }
}

/// The rules of an operation: its text, its name, its shapes, its parameters and its work.
protocol OperationRules: Equatable, Sendable {
  /// Its word of a specification, without what is default.
  var text: String { get }
  /// What nodes of this kind are called, before their number: `conv` of `conv1`.
  var stem: String { get }
  /// The shape of the result for inputs of those shapes; one, except where branches meet.
  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape
  /// The tensors that it keeps for an input of that shape, in PyTorch's order, with PyTorch's local names (`weight`).
  func parameters(input: FeatureShape) -> [ParameterDescription]
  /// First values for those parameters, one array each, drawn from a stream that is the node's own.
  func firstValues(
    of parameters: [ParameterDescription], by initialization: Initialization, isOutput: Bool,
    _ random: inout SplitMix64
  ) -> [[Float]]
  /// Multiplications and additions for one image; a multiply-add counts two, an addition of a bias nothing.
  func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int
}

/// What most operations have in common: they keep nothing and calculate little.
extension OperationRules {
  func parameters(input: FeatureShape) -> [ParameterDescription] { [] }

  func firstValues(
    of parameters: [ParameterDescription], by initialization: Initialization, isOutput: Bool,
    _ random: inout SplitMix64
  ) -> [[Float]] { [] }

  func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int { 0 }
}

/// An operation that a specification names by a word.
protocol WrittenOperation: OperationRules {
  /// The words that begin its text, `conv`; several where one type stands for several operations.
  static var words: [String] { get }
  /// The keys of its options, `kernel`, in the order in which they are written.
  static var options: [String] { get }
  /// Whether a number may follow that word of ``words``, as in `conv:16`.
  static func takesNumber(_ word: String) -> Bool
  /// Reads the value and the options; what they leave over is refused afterwards.
  static func parse(_ word: inout WordArguments) throws(ArchitectureError) -> Operation
}

extension WrittenOperation {
  static var options: [String] { [] }

  static func takesNumber(_ word: String) -> Bool { true }
}
