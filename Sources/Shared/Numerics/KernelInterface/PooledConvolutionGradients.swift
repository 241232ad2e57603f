// The gradients of a convolution that a max-pooling follows.
//
// In each window, only the pixel that was the maximum has a gradient, and after a ReLU only if the ReLU let it pass:
// with windows of 2 × 2, about one value in eight. There are two ways to visit only those. The gradients of a
// convolution with whole lanes of input channels are sums over a list. An image has too few channels for vectors of
// them. There, vectors hold output channels, and each channel selects its pixel from the four of the window: one
// multiply-add for each kernel tap instead of four.

/// The patch of the input that one output pixel of a convolution reads: `rowCount` runs of `rowLength` floats,
/// `rowStride` apart. Length and stride are multiples of ``Lane/width``.
public struct Patch: Equatable, Sendable {
  /// The rows of the kernel.
  public let rowCount: Int
  /// The values of a kernel row: its columns times the channels.
  public let rowLength: Int
  public let rowStride: Int

  public init(rowCount: Int, rowLength: Int, rowStride: Int) {
    self.rowCount = rowCount
    self.rowLength = rowLength
    self.rowStride = rowStride
  }

  /// The number of values.
  public var count: Int { rowCount * rowLength }
}

/// The output gradient of a convolution of one image, as a list of its nonzero values for each output channel. An entry
/// is a factor, and the place of the patch of the input that its pixel read.
public struct SparseGradient {
  /// Output channels, padded to the lane.
  public let channels: Int
  /// Entries that a channel has room for: one more than an image has windows, since a value that does not count is
  /// written after the last entry.
  public let capacity: Int
  /// [channels]: the number of entries.
  public let counts: UnsafeMutablePointer<Int32>
  /// [channels, capacity]: the offset of the patch in the padded input.
  public let offsets: UnsafeMutablePointer<Int32>
  /// [channels, capacity]: the gradient's values.
  public let values: UnsafeMutablePointer<Float>

  public init(
    channels: Int, capacity: Int, counts: UnsafeMutablePointer<Int32>, offsets: UnsafeMutablePointer<Int32>,
    values: UnsafeMutablePointer<Float>
  ) {
    self.channels = channels
    self.capacity = capacity
    self.counts = counts
    self.offsets = offsets
    self.values = values
  }
}

/// The weight gradient of a 3 × 3 convolution of the image with stride 1, from the gradient of its pooled output.
public struct PooledWeightGradient {
  /// Rows and columns of a kernel, and of a window.
  public static let kernelSize = 3
  public static let windowSize = 2

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
