// Batch normalisation: Ioffe & Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by Reducing
// Internal Covariate Shift". As PyTorch's BatchNorm2d and BatchNorm1d compute it:
//
//     y[c] = (x[c] − mean[c]) / √(variance[c] + epsilon) · weight[c] + bias[c]
//
// Training uses the mean and variance of the batch, prediction the running ones.

import RandomNumbers

/// `norm[,epsilon=1e-5][,momentum=0.1][,scale=yes]`
public struct BatchNormalization: Equatable, Sendable {
  /// The number added to the variance; a normal number above 0 as a Float.
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

extension BatchNormalization: NormalizationRules {
  static let standard = BatchNormalization()
  static let words = ["norm"]
  static let options = ["epsilon", "momentum", "scale"]

  static func parse(_ word: inout WordArguments) throws(ArchitectureError) -> Operation {
    let normalization = BatchNormalization(
      epsilon: try takeEpsilon(&word), momentum: try word.number("momentum") ?? standard.momentum,
      learnsScale: try takeScale(&word))
    if let problem = normalization.problem { throw word.malformed(problem) }
    return .normalization(normalization)
  }

  /// The number that a message should ask for; `nil` if all numbers are valid.
  private var problem: String? {
    epsilonProblem
      ?? ((0...1).contains(momentum) ? nil : "momentum=NUMBER from 0 to 1, such as momentum=0.1")
  }

  var text: String {
    let isUsual = momentum == Self.standard.momentum
    return written(as: "norm", own: isUsual ? "" : ",momentum=\(numberText(momentum))")
  }

  var stem: String { "norm" }

  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    if let problem { throw Misfit("it needs \(problem)") }
    return inputs[0]
  }

  /// All have the shape [channels], except the counter, [].
  func parameters(input: FeatureShape) -> [ParameterDescription] {
    let shape = [input.channels]
    return scaleAndBias(input) + [
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
