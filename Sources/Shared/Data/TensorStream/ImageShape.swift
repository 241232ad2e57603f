// The shape of an image, and its words in messages and reports. No other file puts an image's shape into words.

/// The shape of an image: rows, columns, and 1 (grey) or 3 (RGB) interleaved channels.
public struct ImageShape: Equatable, Hashable, Sendable {
  public var height: Int
  public var width: Int
  public var channels: Int

  public init(height: Int, width: Int, channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// The size of an image in bytes, one for each channel of each pixel.
  public var byteCount: Int { height * width * channels }
}

extension ImageShape: CustomStringConvertible {
  /// The shape in errors: `28×28` or `32×32×3`, height × width × channels. One channel is not mentioned.
  public var text: String { lengths(joinedBy: "×") }

  /// The shape as people type it, such as in `--size`: `28x28` or `32x32x3`.
  public var typedText: String { lengths(joinedBy: "x") }

  /// The height and width in errors, whatever the channels: `28×28`.
  public var sizeText: String { "\(height)×\(width)" }

  /// The shape in descriptions of streams: `28x28 grey`.
  public var description: String { "\(height)x\(width) \(colorText)" }

  /// The shape in reports: `28 × 28 grey`.
  public var reportText: String { "\(height) × \(width) \(colorText)" }

  private func lengths(joinedBy sign: String) -> String {
    "\(height)\(sign)\(width)" + (channels == 1 ? "" : "\(sign)\(channels)")
  }

  /// The kind of pixels.
  private var colorText: String {
    switch channels {
    case 1: "grey"
    case 3: "RGB"
    default: "\(channels)-channel"
    }
  }
}
