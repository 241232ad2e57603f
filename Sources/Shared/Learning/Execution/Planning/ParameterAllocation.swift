// The places of each layer's parameters in the flat arrays.

import Networks

/// The places of a normalisation. The bias and a learned scale are among the parameters, everything else is among the
/// constants.
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

/// The kinds of learned parameters that an optimiser can treat differently.
package enum ParameterKind: Hashable, Sendable {
  /// The factors of a sum over inputs.
  case weights
  case bias
  /// The scale and bias of a normalisation.
  case normalization
}

/// Learned parameters of one kind, given by their places in the flat array.
package struct ParameterPart: Equatable, Sendable {
  package let kind: ParameterKind
  package let places: Range<Int>
}

/// Allocates places, layer by layer.
struct ParameterAllocation {
  private(set) var parameterCount = 0
  private(set) var constantCount = 0
  /// All learned parameters, in the order of their places.
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

  /// Allocates a layer's weights, and a number for each output: the bias, or zeros in its place.
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

  /// Allocates the places of a normalisation. `channels` includes padding to the lane.
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
