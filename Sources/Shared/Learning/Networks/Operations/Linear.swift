// A linear (dense, fully connected) layer: y = W x + b, as PyTorch's Linear computes it. A map is flattened first.

import RandomNumbers

/// `linear:OUTPUTS[,bias=yes]`: a matrix product with all values of the input, in PyTorch's order: channels first.
public struct Linear: Equatable, Sendable {
  public var outputs: Int
  public var hasBias: Bool

  public init(outputs: Int, hasBias: Bool = true) {
    self.outputs = outputs
    self.hasBias = hasBias
  }
}

extension Linear: WrittenOperation {
  static let words = ["linear"]
  static let options = ["bias"]

  static func parse(_ word: inout WordArguments) throws(ArchitectureError) -> Operation {
    .linear(
      Linear(
        outputs: try word.integer(required: "linear:OUTPUTS, such as linear:512"),
        hasBias: try word.answer("bias") ?? true))
  }

  var text: String { "linear:\(outputs)" + (hasBias ? "" : ",bias=no") }
  var stem: String { "fc" }

  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    guard outputs >= 1 else { throw Misfit("a linear layer needs at least 1 output") }
    return .vector(outputs)
  }

  /// weight [outputs, inputs], bias [outputs]
  func parameters(input: FeatureShape) -> [ParameterDescription] {
    let weight = ParameterDescription(name: "weight", shape: [outputs, input.count], role: .weight)
    return hasBias ? [weight, ParameterDescription(name: "bias", shape: [outputs], role: .bias)] : [weight]
  }

  func firstValues(
    of parameters: [ParameterDescription], by initialization: Initialization, isOutput: Bool,
    _ random: inout SplitMix64
  ) -> [[Float]] {
    let inputs = Double(parameters[0].shape[1])
    return parameters.map { parameter in
      guard parameter.role == .weight else { return parameter.filled(with: 0) }
      switch initialization {
      case .kaiming, .dirac:
        // Small first logits make the first predictions even.
        let deviation = isOutput ? 1 / inputs : (2 / inputs).squareRoot()
        return parameter.drawn { random.normal() * deviation }
      case .reference: return parameter.drawn { random.normal() / inputs.squareRoot() }
      case .orthogonal:
        return OrthogonalMatrix.draw(
          rows: parameter.shape[0], columns: parameter.shape[1],
          gain: isOutput ? 1 / inputs.squareRoot() : 2.0.squareRoot(), &random)
      }
    }
  }

  func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int { 2 * input.count * outputs }
}

// MARK: - The output layer

extension Specification.OutputLayer {
  /// The value that stands for the number of classes.
  static let value = "classes"

  /// Reads `linear:classes[,bias=yes]`. Returns `nil` if the word is another one.
  static func parse(_ word: inout WordArguments) throws(ArchitectureError) -> Self? {
    guard word.kind == Linear.words[0], word.takeValue(equalTo: value) else { return nil }
    return Self(hasBias: try word.answer("bias") ?? true)
  }

  var text: String { "\(Linear.words[0]):\(Self.value)" + (hasBias ? "" : ",bias=no") }
}
