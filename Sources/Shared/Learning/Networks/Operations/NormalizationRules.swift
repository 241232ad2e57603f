// The rules that batch and layer normalisation share: how their options are read, checked and written, and the
// parameters that follow the normalised values.

/// A normalisation with an epsilon, a scale and a bias.
protocol NormalizationRules: WrittenOperation {
  /// The normalisation with all defaults.
  static var standard: Self { get }
  /// The number added to the variance.
  var epsilon: Double { get }
  /// Whether the scale is learned. If not, it is 1.
  var learnsScale: Bool { get }
}

extension NormalizationRules {
  static func takesNumber(_ word: String) -> Bool { false }

  /// Takes the option `epsilon`, or returns its default.
  static func takeEpsilon(_ word: inout WordArguments) throws(ArchitectureError) -> Double {
    try word.number("epsilon") ?? standard.epsilon
  }

  /// Takes the option `scale`, or returns its default.
  static func takeScale(_ word: inout WordArguments) throws(ArchitectureError) -> Bool {
    try word.answer("scale") ?? standard.learnsScale
  }

  /// The number that a message should ask for; `nil` if epsilon is valid. The kernels of layer normalisation add it as a
  /// Float to a variance that can be 0, and treat subnormal numbers as 0. Batch normalisation could do with less, but
  /// ONNX files hold both as Floats.
  var epsilonProblem: String? {
    Float(epsilon) >= .leastNormalMagnitude && Float(epsilon).isFinite
      ? nil : "epsilon=NUMBER from 1.2e-38 to 3.4e38, such as epsilon=1e-5"
  }

  /// Returns the word of a specification with epsilon, the normalisation's `own` options and the scale, without
  /// defaults.
  func written(as word: String, own: String = "") -> String {
    let epsilonText = epsilon == Self.standard.epsilon ? "" : ",epsilon=\(numberText(epsilon))"
    return word + epsilonText + own + (learnsScale ? "" : ",scale=no")
  }

  /// Returns scale and bias, both of shape [channels]. A fixed scale is among them, since PyTorch's layers have one.
  func scaleAndBias(_ input: FeatureShape) -> [ParameterDescription] {
    let shape = [input.channels]
    return [
      ParameterDescription(name: "weight", shape: shape, role: learnsScale ? .scale : .fixedScale),
      ParameterDescription(name: "bias", shape: shape, role: .bias),
    ]
  }
}
