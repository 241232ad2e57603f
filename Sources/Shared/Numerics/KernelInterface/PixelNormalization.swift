// Layer normalisation (Ba, Kiros & Hinton 2016, "Layer Normalization") of one image's map: each pixel with the mean and
// variance of its own channels, as in ConvNeXt (Liu et al. 2022). A vector is a map of one pixel.
//
//     x̂[c] = (x[c] − mean) · inverseDeviation,    y[c] = scale[c] · x̂[c] + bias[c]
//
// where inverseDeviation is 1 / √(variance + epsilon). With ĝ[c] = scale[c] · g[c] of the output's gradient g,
//
//     x′[c] = inverseDeviation · (ĝ[c] − mean of ĝ − x̂[c] · mean of ĝ · x̂)

/// The mean and 1 / √(variance + epsilon) of each pixel, row by row: [height · width] each.
public struct PixelStatistics {
  public var mean: UnsafeMutablePointer<Float>
  public var inverseDeviation: UnsafeMutablePointer<Float>

  public init(mean: UnsafeMutablePointer<Float>, inverseDeviation: UnsafeMutablePointer<Float>) {
    self.mean = mean
    self.inverseDeviation = inverseDeviation
  }
}

/// y ← scale[c] · (x − mean) / √(variance + epsilon) + bias[c], and its ``PixelStatistics``, if wanted.
public struct PixelNormalization {
  public var input: MapRegion
  /// The channels that are not padding, at least 1. The input's padding does not enter the results, and the output's
  /// padding becomes 0.
  public var channelCount: Int
  /// Added to the variance; a normal number above 0.
  public var epsilon: Float
  /// [channels]
  public var scale: UnsafePointer<Float>
  public var bias: UnsafePointer<Float>
  /// Whether negative results become 0.
  public var rectifies: Bool
  public var statistics: PixelStatistics?

  public init(
    input: MapRegion, channelCount: Int, epsilon: Float, scale: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, rectifies: Bool, statistics: PixelStatistics?
  ) {
    self.input = input
    self.channelCount = channelCount
    self.epsilon = epsilon
    self.scale = scale
    self.bias = bias
    self.rectifies = rectifies
    self.statistics = statistics
  }
}

/// The gradients of a ``PixelNormalization``.
public struct PixelNormalizationGradient {
  public var input: MapRegion
  /// The channels that are not padding, as in the forward pass.
  public var channelCount: Int
  /// [channels]
  public var scale: UnsafePointer<Float>
  /// The statistics that the forward pass wrote.
  public var statistics: PixelStatistics
  /// The gradient of the output.
  public var gradient: MapRegion
  /// [channels]: Σ g · x̂ and Σ g over the pixels are added to these values, and 0 to padding.
  public var scaleGradient: UnsafeMutablePointer<Float>
  public var biasGradient: UnsafeMutablePointer<Float>

  public init(
    input: MapRegion, channelCount: Int, scale: UnsafePointer<Float>, statistics: PixelStatistics,
    gradient: MapRegion, scaleGradient: UnsafeMutablePointer<Float>,
    biasGradient: UnsafeMutablePointer<Float>
  ) {
    self.input = input
    self.channelCount = channelCount
    self.scale = scale
    self.statistics = statistics
    self.gradient = gradient
    self.scaleGradient = scaleGradient
    self.biasGradient = biasGradient
  }
}
