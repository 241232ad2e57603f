// Batch normalisation (Ioffe & Szegedy 2015) of one image's map, fused with what follows it.
//
// For each channel, x̂ = (x − mean) · inverseDeviation and y = act(γ x̂ + β + addend). With scale = γ · inverseDeviation and
// shift = β − mean · scale, the forward pass is one multiply-add a value.

/// y ← act(x · scale[c] + shift[c] + addend)
public struct Normalization {
  public var input: MapRegion
  /// [channels]
  public var scale: UnsafePointer<Float>
  public var shift: UnsafePointer<Float>
  /// Such as what a residual connection brings.
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

/// What the backward pass of a normalisation sums up for each channel, besides passing through the activation.
public struct NormalizationSums {
  /// [channels]: of the batch.
  public var mean: UnsafePointer<Float>
  public var inverseDeviation: UnsafePointer<Float>
  /// [channels]: Σ g and Σ g · x̂ are added to what is there.
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

/// A linear function for each channel of two maps: a[c] · g + b[c] · x + c[c]. The input gradient of a normalisation is
/// one, of its output's gradient and its input.
public struct ChannelCombination {
  /// [channels] each.
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
