// Pooling over windows of a map.

/// Pooling of one image's map, NHWC: [height, width, channels] → [outHeight, outWidth, channels].
public struct PoolingWindow: Equatable, Sendable {
  /// Rows and columns of a window, at most 16, so that a place in it fits a byte.
  public var size: Int
  /// Pixels from one window to the next, in both directions.
  public var stride: Int
  /// The windows in a row.
  public var outWidth: Int
  /// A multiple of ``Lane/width``.
  public var channels: Int
  /// Floats from one row of the input map to the next, and from one pixel to the next.
  public var inputRowStride: Int
  public var inputPixelStride: Int
  /// Floats from one row of the pooled map to the next; its pixels are `channels` apart.
  public var outputRowStride: Int

  public init(
    size: Int, stride: Int, outWidth: Int, channels: Int, inputRowStride: Int, inputPixelStride: Int,
    outputRowStride: Int
  ) {
    self.size = size
    self.stride = stride
    self.outWidth = outWidth
    self.channels = channels
    self.inputRowStride = inputRowStride
    self.inputPixelStride = inputPixelStride
    self.outputRowStride = outputRowStride
  }
}
