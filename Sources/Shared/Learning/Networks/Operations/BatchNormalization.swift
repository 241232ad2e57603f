// Batch normalisation: Ioffe & Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by Reducing
// Internal Covariate Shift". As PyTorch's BatchNorm2d and BatchNorm1d compute it:
//
//     y[c] = (x[c] − mean[c]) / √(variance[c] + epsilon) · weight[c] + bias[c]
//
// Training uses the mean and variance of the batch, prediction the running ones.

import RandomNumbers

/// `norm[,epsilon=1e-5][,momentum=0.1][,scale=yes]`
public struct BatchNormalization: Equatable, Sendable {
  /// The number added to the variance; above 0.
  public var epsilon: Double
  /// The weight of a batch's statistics in the running ones, 0 … 1.
  public var momentum: Double
  /// Whether the scale is learned. If not, it is 1.
  public var learnsScale: Bool

  public init(epsilon: Double = 1e-5, momentum: Double = 0.1, learnsScale: Bool = true) {
    self.epsilon = epsilon
    self.momentum = momentum
    self.learnsScale = learnsScale
  }
}

extension BatchNormalization: WrittenOperation {
  static let words = ["norm"]
  static let options = ["epsilon", "momentum", "scale"]

  static func takesNumber(_ word: String) -> Bool { false }

  static func parse(_ word: inout WordArguments) throws(ArchitectureError) -> Operation {
    let standard = BatchNormalization()
    let normalization = BatchNormalization(
      epsilon: try word.number("epsilon") ?? standard.epsilon,
      momentum: try word.number("momentum") ?? standard.momentum,
      learnsScale: try word.answer("scale") ?? standard.learnsScale)
    if let problem = normalization.problem { throw word.malformed(problem) }
    return .normalization(normalization)
  }

  /// The number that a message should ask for; `nil` if all numbers are valid.
  private var problem: String? {
    // The kernels add it as a Float to a variance that can be 0.
    guard epsilon.isFinite, Float(epsilon) > 0, Float(epsilon).isFinite else {
      return "epsilon=NUMBER above 0, such as epsilon=1e-5"
    }
    return (0...1).contains(momentum) ? nil : "momentum=NUMBER in 0 ... 1, such as momentum=0.1"
  }

  var text: String {
    let standard = BatchNormalization()
    var text = "norm"
    if epsilon != standard.epsilon { text += ",epsilon=\(numberText(epsilon))" }
    if momentum != standard.momentum { text += ",momentum=\(numberText(momentum))" }
    return learnsScale ? text : text + ",scale=no"
  }

  var stem: String { "norm" }

  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    if let problem { throw Misfit("it needs \(problem)") }
    return inputs[0]
  }

  /// All have the shape [channels], except the counter, []. A fixed scale is among them, since PyTorch's layer has one.
  func parameters(input: FeatureShape) -> [ParameterDescription] {
    let shape = [input.channels]
    return [
      ParameterDescription(name: "weight", shape: shape, role: learnsScale ? .scale : .fixedScale),
      ParameterDescription(name: "bias", shape: shape, role: .bias),
      ParameterDescription(name: "running_mean", shape: shape, role: .mean),
      ParameterDescription(name: "running_var", shape: shape, role: .variance),
      ParameterDescription(name: "num_batches_tracked", shape: [], role: .counter),
    ]
  }

  /// Initially, the layer with its running statistics leaves its input as it is, except for epsilon.
  func firstValues(
    of parameters: [ParameterDescription], by initialization: Initialization, isOutput: Bool,
    _ random: inout SplitMix64
  ) -> [[Float]] {
    parameters.map { parameter in
      switch parameter.role {
      case .scale, .fixedScale, .variance: parameter.filled(with: 1)
      case .weight, .fixedWeight, .bias, .mean, .counter: parameter.filled(with: 0)
      }
    }
  }

  /// With running statistics, the layer is one multiply-add for each value.
  func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int { 2 * output.count }
}
