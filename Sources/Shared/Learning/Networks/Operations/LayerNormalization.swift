// Layer normalisation: Ba, Kiros & Hinton 2016, "Layer Normalization". Of a map, each pixel is normalised over its channels,
// as in ConvNeXt (Liu et al. 2022); of a vector, its values, as PyTorch's LayerNorm does:
//
//     y[c] = (x[c] − mean) / √(variance + epsilon) · weight[c] + bias[c]
//
// with mean and variance over the channels c. An image's answer does not depend on the batch, in training either.

import RandomNumbers

/// `layernorm[,epsilon=1e-5][,scale=yes]`
public struct LayerNormalization: Equatable, Sendable {
  /// Added to the variance; above 0.
  public var epsilon: Double
  /// Whether the scale is learned; else it is 1.
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

  /// What is wrong with its number. The kernels add it to a variance that may be 0, as a Float; those below the normal
  /// numbers count as 0 there.
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
    if let problem { throw Misfit("it wants \(problem)") }
    return inputs[0]
  }

  /// Both [channels]; the scale is kept even where it is fixed, since PyTorch's layer has one.
  func parameters(input: FeatureShape) -> [ParameterDescription] {
    let shape = [input.channels]
    return [
      ParameterDescription(name: "weight", shape: shape, role: learnsScale ? .scale : .fixedScale),
      ParameterDescription(name: "bias", shape: shape, role: .bias),
    ]
  }

  /// At first it normalises and no more.
  func firstValues(
    of parameters: [ParameterDescription], by initialization: Initialization, isOutput: Bool,
    _ random: inout SplitMix64
  ) -> [[Float]] {
    parameters.map { $0.filled(with: $0.role == .bias ? 0 : 1) }
  }

  /// For each value an addition for the mean, a subtraction of it, a multiply-add for the variance, a multiplication by the
  /// inverse deviation, and a multiply-add for scale and bias.
  func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int { 7 * output.count }
}
