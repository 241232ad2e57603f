/// A decoded picture: what every image format is read into, and what recipes make model inputs from.
///
/// Transparency is gone (composited over a background) and so are palettes: what is left is grey or RGB.
public struct Bitmap: Equatable, Sendable {
  /// In pixels, 1 or more.
  public let width: Int
  public let height: Int
  /// 1 for grey, 3 for red, green, blue.
  public let channels: Int
  /// [height, width, channels], row-major, channels interleaved; 0 is black.
  public var pixels: [UInt8]

  /// Shapes come from a decoder that has checked them: one that does not match `pixels` is a defect of ours.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(channels == 1 || channels == 3, "a bitmap of \(channels) channels")
    precondition(
      width > 0 && height > 0 && pixels.count == width * height * channels,
      "\(pixels.count) values for a bitmap of \(height)x\(width)x\(channels)")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }
}
