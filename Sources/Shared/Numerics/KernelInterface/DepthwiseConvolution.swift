// Convolutions of each channel by itself: an output channel reads the input channel of the same number only.
//
//     y[v, u, c] = start + Σ over r, q of x[v·s + r·d, u·s + q·d, c] · W[r, q, c]
//
// A vector holds channels of one pixel, and a term is one multiply-add for all of them. This is not a product of
// matrices, since each weight meets a pixel once.

/// The layout of a depthwise convolution's taps in its source. Strides are in floats.
public struct DepthwiseTaps: Equatable, Sendable {
  /// A multiple of ``Lane/width``.
  public var channels: Int
  public var kernelHeight: Int
  public var kernelWidth: Int
  /// Floats from the value that a tap reads to those that its right neighbour and the tap below read.
  public var tapStride: Int
  public var tapLineStride: Int
  /// Rows and columns of pixels to compute, or to sum over.
  public var height: Int
  public var width: Int
  /// Floats from the value that one of these pixels reads to those that its right neighbour and the pixel below read.
  public var pixelStride: Int
  public var lineStride: Int

  public init(
    channels: Int, kernelHeight: Int, kernelWidth: Int, tapStride: Int, tapLineStride: Int, height: Int,
    width: Int, pixelStride: Int, lineStride: Int
  ) {
    self.channels = channels
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.tapStride = tapStride
    self.tapLineStride = tapLineStride
    self.height = height
    self.width = width
    self.pixelStride = pixelStride
    self.lineStride = lineStride
  }
}

/// A depthwise convolution, or its input gradient, whose source is the spread output gradient and whose taps are in
/// reverse order.
public struct DepthwiseConvolution {
  public var taps: DepthwiseTaps
  /// The value that the first pixel's first tap reads.
  public var source: UnsafePointer<Float>
  /// The first tap's weights, and the floats from one tap's weights to the next; negative if they are read backwards.
  public var weights: UnsafePointer<Float>
  public var weightStride: Int
  public var start: MatrixProduct.Start
  /// Whether negative results become 0.
  public var rectifies: Bool
  /// The first result, and the floats from one row of results to the next. Pixels follow each other.
  public var target: UnsafeMutablePointer<Float>
  public var targetRowStride: Int

  public init(
    taps: DepthwiseTaps, source: UnsafePointer<Float>, weights: UnsafePointer<Float>, weightStride: Int,
    start: MatrixProduct.Start, rectifies: Bool, target: UnsafeMutablePointer<Float>, targetRowStride: Int
  ) {
    self.taps = taps
    self.source = source
    self.weights = weights
    self.weightStride = weightStride
    self.start = start
    self.rectifies = rectifies
    self.target = target
    self.targetRowStride = targetRowStride
  }
}

/// The weight gradient of a depthwise convolution, W′[r, q, c] += Σ over v, u of x[v·s + r·d, u·s + q·d, c] · y′[v, u, c].
public struct DepthwiseWeightGradient {
  public var taps: DepthwiseTaps
  /// The value that the first pixel's first tap reads.
  public var source: UnsafePointer<Float>
  /// The first pixel's gradient, and the floats from one pixel to its right neighbour and to the pixel below.
  public var gradient: UnsafePointer<Float>
  public var gradientPixelStride: Int
  public var gradientLineStride: Int
  /// [kernelHeight, kernelWidth, channels]
  public var weightGradient: UnsafeMutablePointer<Float>

  public init(
    taps: DepthwiseTaps, source: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    gradientPixelStride: Int, gradientLineStride: Int, weightGradient: UnsafeMutablePointer<Float>
  ) {
    self.taps = taps
    self.source = source
    self.gradient = gradient
    self.gradientPixelStride = gradientPixelStride
    self.gradientLineStride = gradientLineStride
    self.weightGradient = weightGradient
  }
}
