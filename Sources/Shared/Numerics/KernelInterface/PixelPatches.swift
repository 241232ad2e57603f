// An image whose pixels are converted patch by patch.

/// The patches of an image: squares of 4 × 4 pixels, the column of patches at the left first, from top to bottom.
///
/// Neighbours in a row of an image are alike, and so are neighbours in a column. The pixels of a patch are therefore
/// all background, or none of them is, more often than sixteen pixels in a row.
public struct PixelPatches {
  /// Pixels on a side of a patch.
  public static let side = 4

  /// [height, width, channels]
  public var pixels: UnsafePointer<UInt8>
  public var height: Int
  public var width: Int
  public var channels: Int

  public init(pixels: UnsafePointer<UInt8>, height: Int, width: Int, channels: Int) {
    self.pixels = pixels
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// The number of values in all patches. Those at the right and at the bottom may reach beyond the image.
  public static func valueCount(height: Int, width: Int, channels: Int) -> Int {
    patchCount(height) * patchCount(width) * side * side * channels
  }

  /// The offset of a pixel's value among the patches.
  public static func offset(y: Int, x: Int, channel: Int, height: Int, channels: Int) -> Int {
    let patch = x / side * patchCount(height) + y / side
    return ((patch * side + y % side) * side + x % side) * channels + channel
  }

  private static func patchCount(_ length: Int) -> Int { (length + side - 1) / side }
}
