// A rectangle of one image's map, or of anything else stored in rows. Elementwise kernels work on such regions.

/// A region [height, width, channels] with the channels of a pixel side by side ("NHWC"); strides are in floats.
///
/// A plain run of values is one pixel with that many channels, and the rows of a matrix are rows of one pixel each.
public struct MapRegion {
  /// The first channel of the pixel at the left of the first row.
  public var start: UnsafeMutablePointer<Float>
  public var height: Int
  public var width: Int
  public var channels: Int
  /// Floats from one row to the next, and from one pixel to the next.
  public var rowStride: Int
  public var pixelStride: Int

  public init(
    start: UnsafeMutablePointer<Float>, height: Int, width: Int, channels: Int, rowStride: Int,
    pixelStride: Int
  ) {
    self.start = start
    self.height = height
    self.width = width
    self.channels = channels
    self.rowStride = rowStride
    self.pixelStride = pixelStride
  }
}
