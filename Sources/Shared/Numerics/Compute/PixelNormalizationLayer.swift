// Layer normalisation of one image's map, for workers that take an image each. KernelInterface/PixelNormalization.swift
// has the formulas.

import KernelInterface

/// The parameters that normalise each pixel of a map.
public struct PixelNormalizationFunction {
  /// The map's channels that are not padding.
  public let channelCount: Int
  /// Added to a pixel's variance.
  public let epsilon: Float
  /// [channels]
  public let scale: Floats
  public let bias: Floats

  public init(channelCount: Int, epsilon: Float, scale: Floats, bias: Floats) {
    self.channelCount = channelCount
    self.epsilon = epsilon
    self.scale = scale
    self.bias = bias
  }

  /// Returns the number of channels that are not padding, after a check against those of a map.
  fileprivate func checkedCount(_ input: FeatureMap) -> Int {
    precondition(
      channelCount >= 1 && channelCount <= input.channels,
      "\(channelCount) channels to normalise of \(input.channels)")
    // Subnormal numbers count as 0 in the loops, and a pixel of equal values would be divided by 0.
    precondition(
      epsilon >= .leastNormalMagnitude && epsilon.isFinite, "a pixel's variance and \(epsilon)")
    return channelCount
  }
}

extension Engine {
  /// output ← scale[c] · (x − mean) / √(variance + epsilon) + bias[c], with the mean and variance of a pixel's
  /// channels, and 0 in the padding. If given, `statistics` [2, height, width] receives the means, and then the
  /// factors 1 / √(variance + epsilon). The output may be the input.
  ///
  /// - Complexity: O(height · width · channels).
  public func normalizePixels(
    _ input: FeatureMap, _ function: PixelNormalizationFunction, rectifies: Bool = false, output: FeatureMap,
    statistics: Floats? = nil
  ) {
    checkLane(input.channels)
    let region = input.checked("input of a normalisation")
    kernels.normalizePixels(
      PixelNormalization(
        input: region, channelCount: function.checkedCount(input), epsilon: function.epsilon,
        scale: function.scale.checked(input.channels, "scales of a normalisation"),
        bias: function.bias.checked(input.channels, "biases of a normalisation"), rectifies: rectifies,
        statistics: statistics.map { checked($0, input) }),
      output: output.checked(like: input, "output of a normalisation"))
  }

  /// Computes the gradients of ``normalizePixels(_:_:rectifies:output:statistics:)`` without the ReLU, from the
  /// output's gradient g and the statistics of the forward pass: scaleGradient[c] += Σ g · x̂,
  /// biasGradient[c] += Σ g, and, if given, inputGradient ← (or, if `accumulates`, +=) the input's gradient.
  /// Padding of a stored gradient becomes 0.
  public func normalizePixelsBackward(
    _ input: FeatureMap, _ function: PixelNormalizationFunction, statistics: Floats, gradient: FeatureMap,
    scaleGradient: Floats, biasGradient: Floats, inputGradient: FeatureMap?, accumulates: Bool = false
  ) {
    checkLane(input.channels)
    let problem = PixelNormalizationGradient(
      input: input.checked("input of a normalisation"), channelCount: function.checkedCount(input),
      scale: function.scale.checked(input.channels, "scales of a normalisation"),
      statistics: checked(statistics, input),
      gradient: gradient.checked(like: input, "gradient of a normalisation"),
      scaleGradient: scaleGradient.checked(input.channels, "gradients of scales"),
      biasGradient: biasGradient.checked(input.channels, "gradients of biases"))
    kernels.addPixelNormalizationSums(problem)
    guard let inputGradient else { return }
    kernels.pixelNormalizationInputGradient(
      problem, output: inputGradient.checked(like: input, "input gradient of a normalisation"),
      accumulates: accumulates)
  }

  private func checked(_ statistics: Floats, _ input: FeatureMap) -> PixelStatistics {
    let count = input.height * input.width
    let means = statistics.checked(2 * count, "statistics of pixels")
    return PixelStatistics(mean: means, inverseDeviation: means + count)
  }
}
