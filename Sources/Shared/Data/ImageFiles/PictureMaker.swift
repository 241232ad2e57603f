// Turns the bytes of a picture file into a model's input, with notes on what is doubtful.
import TensorStream

/// Turns PNG and JPEG files into images by a recipe.
public struct PictureMaker: Sendable {
  public let recipe: Recipe
  public let shape: ImageShape
  private let decoder: PictureDecoder

  /// `isStrict` refuses files with a ``PictureFlaw``.
  public init(recipe: Recipe, shape: ImageShape, isStrict: Bool = false) {
    self.recipe = recipe
    self.shape = shape
    decoder = PictureDecoder(for: recipe, shape: shape, isStrict: isStrict)
  }

  /// The first step: decodes a file. The bytes are not needed afterwards.
  func decode(_ bytes: UnsafeRawBufferPointer) throws(PictureProblem) -> DecodedPicture {
    try decoder.decode(bytes)
  }

  /// The second step: applies the recipe to a decoded picture.
  func image(of picture: DecodedPicture) throws(RecipeProblem) -> MadeImage {
    let result = try recipe.apply(to: picture.bitmap, shape: shape)
    var notes: [PictureNote] = []
    if let flaw = picture.flaw { notes.append(.flaw(flaw)) }
    if let note = result.note {
      notes.append(.recipe(note))
    } else if let color = plainColor(of: result.pixels) {
      notes.append(.blank(color, isTransparent: picture.isTransparent, recipe))
    }
    return MadeImage(pixels: result.pixels, notes: notes)
  }

  /// Returns the color of an image with only one color. Returns `nil` for other images, and for single pixels, which
  /// prove nothing.
  private func plainColor(of pixels: [UInt8]) -> RGBColor? {
    let channels = shape.channels
    guard pixels.count > channels else { return nil }
    let isPlain = pixels.withUnsafeBufferPointer { pixels in
      (channels..<pixels.count).allSatisfy { pixels[$0] == pixels[$0 - channels] }
    }
    guard isPlain else { return nil }
    return channels == 1
      ? RGBColor(grey: pixels[0]) : RGBColor(red: pixels[0], green: pixels[1], blue: pixels[2])
  }
}

/// An image, with notes on what is doubtful about it.
public struct MadeImage: Equatable, Sendable {
  /// The pixels, [height, width, channels].
  public var pixels: [UInt8]
  public var notes: [PictureNote]
}
