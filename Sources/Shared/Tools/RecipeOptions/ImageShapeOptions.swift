// The options for the size and the channels of images.

import CommandLine
import TensorStream

/// The rows and columns of an image, such as `28x28`.
public struct ImageSize: SpelledArgument, Equatable, Sendable {
  public let height: Int
  public let width: Int

  public static let spelling =
    "<height>x<width>, such as 28x28, up to \(StreamLimits.imageSide)x\(StreamLimits.imageSide)"

  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  public init?(argument: String) {
    guard let lengths = parsedLengths(argument), lengths.count == 2,
      lengths.allSatisfy((1...StreamLimits.imageSide).contains)
    else { return nil }
    self.init(height: lengths[0], width: lengths[1])
  }
}

/// `--size` and `--color`.
public struct ImageShapeOptions: ParsableArguments {
  /// The channels of images: one for brightness, or three for red, green and blue.
  public enum ColorMode: String, CaseIterable, ExpressibleByArgument, Sendable {
    case grey, rgb

    /// Accepts letters of either case, and the American spelling gray.
    public init?(argument: String) {
      let word = argument.lowercased()
      self.init(rawValue: word == "gray" ? "grey" : word)
    }
  }

  @Option(
    help: ArgumentHelp(
      "Make images of this size, <height>x<width>, up to 4096x4096. (default: 28x28)", valueName: "size"),
    transform: ImageSize.spelled)
  public var size = ImageSize(height: 28, width: 28)

  @Option(help: ArgumentHelp("Make images in grey (or gray) or in rgb.", valueName: "color"))
  public var color = ColorMode.grey

  public init() {}

  /// The shape of the images.
  public var shape: ImageShape {
    ImageShape(height: size.height, width: size.width, channels: color == .grey ? 1 : 3)
  }
}
