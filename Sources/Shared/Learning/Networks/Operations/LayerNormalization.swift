// Layer normalisation: Ba, Kiros & Hinton 2016, "Layer Normalization". Each pixel of a map is normalised over its
// channels, as in ConvNeXt (Liu et al. 2022); a vector is normalised over its values, as PyTorch's LayerNorm does:
//
//     y[c] = (x[c] − mean) / √(variance + epsilon) · weight[c] + bias[c]
//
// The mean and variance are taken over the channels c. An image's result never depends on the batch, even in training.

import RandomNumbers

/// `layernorm[,epsilon=1e-5][,scale=yes]`
public struct LayerNormalization: Equatable, Sendable {
  /// The number added to the variance; above 0.
  public var epsilon: Double
  /// Whether the scale is learned. If not, it is 1.
  public var learnsScale: Bool

  public init(epsilon: Double = 1e-5, learnsScale: Bool = true) {
    self.epsilon = epsilon
    self.learnsScale = learnsScale
  }
}

extension LayerNormalization: WrittenOperation {
  static let words = ["layernorm"]
  static let options = ["epsilon", "scale"]

  static func takesNumber(_ word: String) -> Bool { false }

  static func parse(_ word: inout WordArguments) throws(ArchitectureError) -> Operation {
    let standard = LayerNormalization()
    let normalization = LayerNormalization(
      epsilon: try word.number("epsilon") ?? standard.epsilon,
      learnsScale: try word.answer("scale") ?? standard.learnsScale)
    if let problem = normalization.problem { throw word.malformed(problem) }
    return .layerNormalization(normalization)
  }

  /// The number that a message should ask for; `nil` if epsilon is valid. The kernels add it as a Float to a variance
  /// that can be 0. They treat subnormal numbers as 0.
  private var problem: String? {
    Float(epsilon) >= .leastNormalMagnitude && Float(epsilon).isFinite
      ? nil : "epsilon=NUMBER above 0, such as epsilon=1e-5"
  }

  var text: String {
    let standard = LayerNormalization()
    var text = "layernorm"
    if epsilon != standard.epsilon { text += ",epsilon=\(numberText(epsilon))" }
    return learnsScale ? text : text + ",scale=no"
  }

  var stem: String { "layernorm" }

  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    if let problem { throw Misfit("it needs \(problem)") }
    return inputs[0]
  }

  /// Both have the shape [channels]. A fixed scale is among them, since PyTorch's layer has one.
  func parameters(input: FeatureShape) -> [ParameterDescription] {
    let shape = [input.channels]
    return [
      ParameterDescription(name: "weight", shape: shape, role: learnsScale ? .scale : .fixedScale),
      ParameterDescription(name: "bias", shape: shape, role: .bias),
    ]
  }

  /// Initially, the layer only normalises.
  func firstValues(
    of parameters: [ParameterDescription], by initialization: Initialization, isOutput: Bool,
    _ random: inout SplitMix64
  ) -> [[Float]] {
    parameters.map { $0.filled(with: $0.role == .bias ? 0 : 1) }
  }

  /// Each value takes an addition for the mean, a subtraction of it, a multiply-add for the variance, a multiplication
  /// by the inverse deviation, and a multiply-add for scale and bias.
  func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int { 7 * output.count }
}
