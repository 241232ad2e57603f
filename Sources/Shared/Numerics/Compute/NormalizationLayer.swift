// Batch normalisation of one image's map, for workers that take an image each. ChannelMoments.swift joins the images,
// and KernelInterface/Normalization.swift has the formulas.

import KernelInterface

/// A linear function for each channel, followed by an optional addition and an activation.
public struct NormalizationFunction {
  /// [channels]
  public let scale: Floats
  public let shift: Floats
  /// A map to add before the activation, such as the other branch of a residual block. It is as large as the input.
  public let addend: FeatureMap?
  public let activation: Activation?

  public init(scale: Floats, shift: Floats, addend: FeatureMap? = nil, activation: Activation? = nil) {
    self.scale = scale
    self.shift = shift
    self.addend = addend
    self.activation = activation
  }

  fileprivate func checked(_ input: FeatureMap) -> Normalization {
    Normalization(
      input: input.checked("input of a normalisation"),
      scale: scale.checked(input.channels, "scales of a normalisation"),
      shift: shift.checked(input.channels, "shifts of a normalisation"),
      addend: addend.map { $0.checked(like: input, "addend of a normalisation") }, activation: activation)
  }
}

extension Engine {
  /// Writes the mean [channels] and Σ (x − mean)² [channels] over the pixels of one image, for each channel.
  public func channelMoments(_ map: FeatureMap, mean: Floats, squaredDeviations: Floats) {
    checkLane(map.channels)
    kernels.channelMoments(
      map.checked("map of moments"), mean: mean.checked(map.channels, "means"),
      squaredDeviations: squaredDeviations.checked(map.channels, "squared deviations"))
  }

  /// output ← act(x · scale[c] + shift[c] + addend). The output may be the input or the addend, and may have
  /// its own strides.
  public func normalize(_ input: FeatureMap, _ function: NormalizationFunction, output: FeatureMap) {
    checkLane(input.channels)
    kernels.normalize(
      function.checked(input), output: output.checked(like: input, "output of a normalisation"))
  }

  /// g ← g · act′(x · scale[c] + shift[c] + addend), in place of the output's gradient. With this g,
  /// gradientSum[c] += Σ g and productSum[c] += Σ g · (x − mean[c]) · inverseDeviation[c].
  public func normalizeBackward(
    _ input: FeatureMap, _ function: NormalizationFunction, gradient: FeatureMap, mean: Floats,
    inverseDeviation: Floats, gradientSum: Floats, productSum: Floats
  ) {
    checkLane(input.channels)
    kernels.normalizeBackward(
      function.checked(input), gradient: gradient.checked(like: input, "gradient of a normalisation"),
      sums: NormalizationSums(
        mean: mean.checked(input.channels, "means"),
        inverseDeviation: inverseDeviation.checked(input.channels, "inverse deviations"),
        gradientSum: gradientSum.checked(input.channels, "sums of gradients"),
        productSum: productSum.checked(input.channels, "sums of products")))
  }

  /// output ← (or, if `accumulates`, +=) gradientFactor[c] · g + inputFactor[c] · x + constant[c]. The output may be
  /// one of the other maps.
  public func normalizeInputGradient(
    gradient: FeatureMap, input: FeatureMap, gradientFactor: Floats, inputFactor: Floats, constant: Floats,
    output: FeatureMap, accumulates: Bool = false
  ) {
    checkLane(input.channels)
    kernels.normalizeInputGradient(
      gradient: gradient.checked(like: input, "gradient of a normalisation"),
      input: input.checked("input of a normalisation"),
      ChannelCombination(
        gradientFactor: gradientFactor.checked(input.channels, "factors of the gradient"),
        inputFactor: inputFactor.checked(input.channels, "factors of the input"),
        constant: constant.checked(input.channels, "constants")),
      output: output.checked(like: input, "input gradient of a normalisation"), accumulates: accumulates)
  }
}
