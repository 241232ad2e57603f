// The images that records hold, and how pictures become such.
import CommandLine
import ImageFiles
import TensorStream

/// `--size`, `--color`, `--background`.
struct ImageOptions: ParsableArguments {
  enum Color: String, CaseIterable, ExpressibleByArgument { case grey, rgb }

  @Option(help: ArgumentHelp("The height and the width of the images.", valueName: "hxw"))
  var size = ImageSize(height: 28, width: 28)

  @Option(help: ArgumentHelp("The images' colors: grey or rgb.", valueName: "colors"))
  var color = Color.grey

  @Option(
    help: ArgumentHelp(
      """
      What shows where a picture is transparent: a grey value from 0 to 255, or #rrggbb. The default is black, as around \
      the articles of Fashion-MNIST.
      """, valueName: "color"))
  var background = RGBColor.black

  var shape: ImageShape {
    ImageShape(height: size.height, width: size.width, channels: color == .grey ? 1 : 3)
  }

  var decoder: PNGDecoder { PNGDecoder(color: color == .grey ? .grey : .rgb, background: background) }

  /// What makes an image of a decoded picture.
  var conversion: @Sendable (Bitmap) throws -> PictureImage {
    { [shape] picture in
      guard picture.height == shape.height, picture.width == shape.width else {
        throw OtherSize(height: picture.height, width: picture.width, expected: shape)
      }
      return PictureImage(pixels: picture.pixels)
    }
  }
}

/// A picture that has not the size of the images.
private struct OtherSize: Error, CustomStringConvertible {
  let height: Int
  let width: Int
  let expected: ImageShape

  var description: String {
    "expected a picture of \(expected.height)x\(expected.width) (height x width), found \(height)x\(width)"
  }
}

/// A height and a width: `28x28`.
struct ImageSize: ExpressibleByArgument {
  let height: Int
  let width: Int

  init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// Up to the limits of a stream.
  init?(argument: String) {
    let parts = argument.split(separator: "x", omittingEmptySubsequences: false)
    let lengths = parts.compactMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int($0) : nil }
    guard parts.count == 2, lengths.count == 2,
      lengths.allSatisfy({ 1...StreamLimits.imageSide ~= $0 })
    else { return nil }
    self.init(height: lengths[0], width: lengths[1])
  }

  var defaultValueDescription: String { "\(height)x\(width)" }
}

extension RGBColor: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
  public var defaultValueDescription: String { text }
}
