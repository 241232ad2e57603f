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

/// What learned parameters are, as far as an optimiser may tell them apart.
package enum ParameterKind: Hashable, Sendable {
  /// What inputs are multiplied by and summed.
  case weights
  case bias
  /// Scale and bias of a normalisation.
  case normalization
}

/// Learned parameters of one kind, by their places in the flat array.
package struct ParameterPart: Equatable, Sendable {
  package let kind: ParameterKind
  package let places: Range<Int>
}

/// Gives out places, layer by layer.
struct ParameterAllocation {
  private(set) var parameterCount = 0
  private(set) var constantCount = 0
  /// All parameters, in the order of their places.
  private(set) var parts: [ParameterPart] = []

  mutating func parameters(_ count: Int, _ kind: ParameterKind) -> Range<Int> {
    let places = parameterCount..<parameterCount + count
    parameterCount += count
    parts.append(ParameterPart(kind: kind, places: places))
    return places
  }

  mutating func constants(_ count: Int) -> Range<Int> {
    constantCount += count
    return constantCount - count..<constantCount
  }

  /// Weights, and a number for each output: the bias, or zeros in its place.
  mutating func layer(
    _ name: String, weights: Int, learnsWeights: Bool = true, outputs: Int, learnsBias: Bool = true,
    isNormalization: Bool = false
  ) -> ParameterSlices {
    let weights =
      learnsWeights ? parameters(weights, isNormalization ? .normalization : .weights) : constants(weights)
    return ParameterSlices(
      name: name, weights: weights, learnsWeights: learnsWeights,
      bias: learnsBias
        ? parameters(outputs, isNormalization ? .normalization : .bias) : constants(outputs),
      learnsBias: learnsBias)
  }

  /// `channels` are padded to the lane.
  mutating func normalization(
    _ name: String, _ normalization: BatchNormalization, channels: Int
  ) -> NormalizationSlices {
    let learnsScale = normalization.learnsScale
    return NormalizationSlices(
      name: name, epsilon: normalization.epsilon,
      scale: learnsScale ? parameters(channels, .normalization) : constants(channels),
      learnsScale: learnsScale, bias: parameters(channels, .normalization), mean: constants(channels),
      variance: constants(channels),
      counter: constants(16))
  }
}
