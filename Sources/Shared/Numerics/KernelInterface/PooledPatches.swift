// The weight gradient of a 3 × 3 convolution of an image, if a 2 × 2 max-pooling follows.
//
// In each window, only the pixel that was the maximum has a gradient. The lists of SparseGradient.swift need vectors
// of input channels, and an image has too few. Here vectors hold output channels, and each channel selects its pixel
// from the four of the window: one multiply-add for each kernel tap instead of four.

/// A first convolution with stride 1, and the gradient of its pooled output.
public struct PooledPatches {
  /// Rows and columns of a kernel, of a window, and of the input that the window's pixels read.
  public static let kernelSize = 3
  public static let windowSize = 2
  public static let patchSize = 4

  /// Channels of the input, any number, and of the output, a multiple of ``Lane/width``.
  public var inputChannels: Int
  public var outputChannels: Int
  /// The padded input, and floats from one row of it to the next.
  public var input: UnsafePointer<Float>
  public var inputRowStride: Int
  /// Rows and columns of the pooled map, its gradient, and floats from one row of the gradient to the next.
  public var height: Int
  public var width: Int
  public var gradient: UnsafePointer<Float>
  public var gradientRowStride: Int
  /// [height, width, outputChannels]: the place of each maximum in its window.
  public var places: UnsafePointer<UInt8>

  public init(
    inputChannels: Int, outputChannels: Int, input: UnsafePointer<Float>, inputRowStride: Int, height: Int,
    width: Int, gradient: UnsafePointer<Float>, gradientRowStride: Int, places: UnsafePointer<UInt8>
  ) {
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.input = input
    self.inputRowStride = inputRowStride
    self.height = height
    self.width = width
    self.gradient = gradient
    self.gradientRowStride = gradientRowStride
    self.places = places
  }
}
