// Turns a found picture into a model's input: reads it, decodes it and applies the recipe. Notes say what is doubtful.
import ByteIO
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

  /// Returns the colour of an image with only one colour. Returns `nil` for other images, and for single pixels, which
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

/// Reads found pictures and turns them into images, in several threads at the same time. Each thread has a reader with
/// its own memory.
final class PictureReader: @unchecked Sendable {
  private let maker: PictureMaker
  private let readers: [WholeFileReader]
  /// Standard input, which can be named only once.
  private let standardInput: (any ByteSource)?

  init(_ maker: PictureMaker, threadCount: Int, standardInput: (any ByteSource)? = nil) {
    self.maker = maker
    self.standardInput = standardInput
    readers = (0..<threadCount).map { _ in WholeFileReader(limit: PictureLimits.fileByteCount) }
  }

  /// Returns the image of a picture whose name was checked. `worker` is the number of the calling thread; each thread
  /// has a different one.
  func image(of picture: FoundPicture, worker: Int) throws -> MadeImage {
    try maker.image(of: try withBytes(of: picture, worker) { try maker.decode($0) })
  }

  /// Calls `body` with the bytes of a picture, or throws its problem.
  private func withBytes(
    of picture: FoundPicture, _ worker: Int, _ body: (UnsafeRawBufferPointer) throws -> DecodedPicture
  ) throws -> DecodedPicture {
    switch picture {
    case .problem(_, let problem): throw problem
    case .archive(_, let problem): throw problem
    case .member(let member): return try member.content.get().withUnsafeBytes(body)
    case .file(let name, _): return try readers[worker].withBytes(of: name, body)
    case .standardInput:
      guard let standardInput else { preconditionFailure("nobody opened standard input") }
      return try readers[worker].withBytes(of: standardInput, body)
    }
  }
}
