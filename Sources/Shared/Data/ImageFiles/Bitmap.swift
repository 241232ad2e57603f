/// A decoded picture. Decoders of every format return one, and recipes turn it into a model's input.
///
/// It is grey or RGB: decoders have composited transparent pixels over a background and resolved palettes.
public struct Bitmap: Equatable, Sendable {
  /// The width in pixels, 1 or more.
  public let width: Int
  public let height: Int
  /// 1 for grey; 3 for red, green and blue.
  public let channels: Int
  /// The values, [height, width, channels], row-major, channels interleaved; 0 is black.
  public var pixels: [UInt8]

  /// The decoder has checked the shape. If it does not match `pixels`, that is a bug of ours.
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
