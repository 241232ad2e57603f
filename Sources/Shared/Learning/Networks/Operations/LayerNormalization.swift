// Layer normalisation: Ba, Kiros & Hinton 2016, "Layer Normalization". Each pixel of a map is normalised over its
// channels, as in ConvNeXt (Liu et al. 2022); a vector is normalised over its values, as PyTorch's LayerNorm does:
//
//     y[c] = (x[c] − mean) / √(variance + epsilon) · weight[c] + bias[c]
//
// The mean and variance are taken over the channels c. An image's result never depends on the batch, even in training.

import RandomNumbers

/// `layernorm[,epsilon=1e-5][,scale=yes]`
public struct LayerNormalization: Equatable, Sendable {
  /// The number added to the variance; a normal number above 0 as a Float.
  public var epsilon: Double
  /// Whether the scale is learned. If not, it is 1.
  public var learnsScale: Bool

  public init(epsilon: Double = 1e-5, learnsScale: Bool = true) {
    self.epsilon = epsilon
    self.learnsScale = learnsScale
  }
}

extension LayerNormalization: NormalizationRules {
  static let standard = LayerNormalization()
  static let words = ["layernorm"]
  static let options = ["epsilon", "scale"]

  static func parse(_ word: inout WordArguments) throws(ArchitectureError) -> Operation {
    let normalization = LayerNormalization(
      epsilon: try takeEpsilon(&word), learnsScale: try takeScale(&word))
    if let problem = normalization.epsilonProblem { throw word.malformed(problem) }
    return .layerNormalization(normalization)
  }

  var text: String { written(as: "layernorm") }
  var stem: String { "layernorm" }

  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    if let problem = epsilonProblem { throw Misfit("it needs \(problem)") }
    return inputs[0]
  }

  func parameters(input: FeatureShape) -> [ParameterDescription] { scaleAndBias(input) }

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
