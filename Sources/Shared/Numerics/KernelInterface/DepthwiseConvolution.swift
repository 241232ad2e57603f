// Convolutions of each channel by itself: as many channels come out as went in, and none is read by another.
//
//     y[v, u, c] = start + Σ over r, q of x[v·s + r·d, u·s + q·d, c] · W[r, q, c]
//
// A vector holds channels of one pixel, and a term is one multiply-add for all of them. There is no product of matrices in
// it: each weight meets a pixel once.

/// How the taps of a depthwise convolution lie in its source. Strides count floats.
public struct DepthwiseTaps: Equatable, Sendable {
  /// A multiple of ``Lane/width``.
  public var channels: Int
  public var kernelHeight: Int
  public var kernelWidth: Int
  /// From what one tap reads to what its right neighbour, and the one below, read.
  public var tapStride: Int
  public var tapLineStride: Int
  /// Rows and columns of pixels that are computed, or summed over.
  public var height: Int
  public var width: Int
  /// From what one of these pixels reads to what its right neighbour, and the one below, read.
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

/// A depthwise convolution, forward; or its input gradient, whose source is the spread output gradient and whose taps are
/// in reverse order.
public struct DepthwiseConvolution {
  public var taps: DepthwiseTaps
  /// What the first pixel's first tap reads.
  public var source: UnsafePointer<Float>
  /// The first tap's weights, and from each tap's to the next one's; negative where they are read backwards.
  public var weights: UnsafePointer<Float>
  public var weightStride: Int
  public var start: MatrixProduct.Start
  /// Whether negative results become 0.
  public var rectifies: Bool
  /// The first result, and from one row of results to the next; pixels follow each other.
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
  /// What the first pixel's first tap reads.
  public var source: UnsafePointer<Float>
  /// The first pixel's gradient, and from one pixel to its right neighbour and the one below.
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
