// Where each layer's parameters lie in the flat arrays.

import Networks

/// A normalisation's places: scale and bias among the parameters, where they are learned; the rest among the constants.
struct NormalizationSlices: Equatable {
  let name: String
  let epsilon: Double
  let scale: Range<Int>
  let learnsScale: Bool
  let bias: Range<Int>
  let mean: Range<Int>
  let variance: Range<Int>
  let counter: Range<Int>
}

/// Gives out places, layer by layer.
struct ParameterAllocation {
  private(set) var parameterCount = 0
  private(set) var constantCount = 0

  mutating func parameters(_ count: Int) -> Range<Int> {
    parameterCount += count
    return parameterCount - count..<parameterCount
  }

  mutating func constants(_ count: Int) -> Range<Int> {
    constantCount += count
    return constantCount - count..<constantCount
  }

  /// Weights, and a number for each output: the bias, or zeros in its place.
  mutating func layer(
    _ name: String, weights: Int, learnsWeights: Bool = true, outputs: Int, learnsBias: Bool = true
  ) -> ParameterSlices {
    let weights = learnsWeights ? parameters(weights) : constants(weights)
    return ParameterSlices(
      name: name, weights: weights, learnsWeights: learnsWeights,
      bias: learnsBias ? parameters(outputs) : constants(outputs), learnsBias: learnsBias)
  }

  /// `channels` are padded to the lane.
  mutating func normalization(
    _ name: String, _ normalization: BatchNormalization, channels: Int
  ) -> NormalizationSlices {
    let learnsScale = normalization.learnsScale
    return NormalizationSlices(
      name: name, epsilon: normalization.epsilon,
      scale: learnsScale ? parameters(channels) : constants(channels), learnsScale: learnsScale,
      bias: parameters(channels), mean: constants(channels), variance: constants(channels),
      counter: constants(16))
  }
}
