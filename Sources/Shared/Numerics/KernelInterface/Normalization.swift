// Batch normalisation (Ioffe & Szegedy 2015) of one image's map, fused with the sum and the activation that follow.
//
// For each channel, x̂ = (x − mean) · inverseDeviation and y = act(γ x̂ + β + addend). With scale = γ · inverseDeviation and
// shift = β − mean · scale, the forward pass is one multiply-add a value.

/// y ← act(x · scale[c] + shift[c] + addend)
public struct Normalization {
  public var input: MapRegion
  /// [channels]
  public var scale: UnsafePointer<Float>
  public var shift: UnsafePointer<Float>
  /// A map to add before the activation, such as the other branch of a residual block.
  public var addend: MapRegion?
  public var activation: Activation?

  public init(
    input: MapRegion, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, addend: MapRegion?,
    activation: Activation?
  ) {
    self.input = input
    self.scale = scale
    self.shift = shift
    self.addend = addend
    self.activation = activation
  }
}

/// The sums over each channel that the backward pass of a normalisation computes, after it has passed the activation.
public struct NormalizationSums {
  /// [channels]: the statistics of the batch.
  public var mean: UnsafePointer<Float>
  public var inverseDeviation: UnsafePointer<Float>
  /// [channels]: Σ g and Σ g · x̂ are added to these values.
  public var gradientSum: UnsafeMutablePointer<Float>
  public var productSum: UnsafeMutablePointer<Float>

  public init(
    mean: UnsafePointer<Float>, inverseDeviation: UnsafePointer<Float>,
    gradientSum: UnsafeMutablePointer<Float>, productSum: UnsafeMutablePointer<Float>
  ) {
    self.mean = mean
    self.inverseDeviation = inverseDeviation
    self.gradientSum = gradientSum
    self.productSum = productSum
  }
}

/// A linear function of two maps, channel by channel: a[c] · g + b[c] · x + c[c]. The input gradient of a
/// normalisation is such a function of its output's gradient g and its input x.
public struct ChannelCombination {
  /// [channels] each: a, b and c.
  public var gradientFactor: UnsafePointer<Float>
  public var inputFactor: UnsafePointer<Float>
  public var constant: UnsafePointer<Float>

  public init(
    gradientFactor: UnsafePointer<Float>, inputFactor: UnsafePointer<Float>, constant: UnsafePointer<Float>
  ) {
    self.gradientFactor = gradientFactor
    self.inputFactor = inputFactor
    self.constant = constant
  }
}
