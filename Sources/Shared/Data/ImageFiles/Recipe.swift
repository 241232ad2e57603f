// Turns a decoded picture into the bytes of a model's input.
//
// docs/recipes.md says what each recipe does, step by step, and when to use which. FashionMNISTRecipe.swift and
// FitRecipe.swift have the steps. Both share Bitmap.swift and the resampling files. All steps depend only on their
// arguments, and compute with integers or with Doubles in a fixed order: the same picture gives the same bytes on every
// machine.

import TensorStream

/// The conversion of a picture to an image of a model's size.
public enum Recipe: Equatable, Sendable {
  /// Takes the picture as it is; it must have the right size. `background` shows under transparent pixels.
  case exact(background: RGBColor = .black)
  /// Converts photos of products as the makers of Fashion-MNIST did.
  case fashionMNIST
  /// Scales pictures of any size.
  case fit(FitRecipe = FitRecipe())

  /// The colour under transparent pixels.
  public var ground: RGBColor {
    switch self {
    case .exact(let background): background
    // Photos of products are taken on white, and the recipe extends them with it.
    case .fashionMNIST: .white
    case .fit(let recipe): recipe.ground
    }
  }

  /// Turns a picture into an image of `shape`. Throws a ``RecipeProblem`` if the recipe does not take the picture.
  public func apply(to picture: Bitmap, shape: ImageShape) throws(RecipeProblem) -> RecipeResult {
    switch self {
    case .exact:
      guard picture.height == shape.height, picture.width == shape.width else {
        throw .differentSize(picture.shape, wanted: shape)
      }
      return RecipeResult(pixels: picture.converted(toChannels: shape.channels).pixels)
    case .fashionMNIST: return articleImage(of: picture, shape: shape)
    case .fit(let recipe): return RecipeResult(pixels: recipe.apply(to: picture, shape: shape).pixels)
    }
  }
}

/// The image that a recipe made from a picture.
public struct RecipeResult: Equatable, Sendable {
  /// The pixels, [height, width, channels] of the requested shape.
  public var pixels: [UInt8]
  /// A doubt about the image, which users should see after the picture's name.
  public var note: RecipeNote?

  public init(pixels: [UInt8], note: RecipeNote? = nil) {
    self.pixels = pixels
    self.note = note
  }
}

/// A doubt about an image that a recipe made anyway.
public enum RecipeNote: Equatable, Sendable, CustomStringConvertible {
  /// Nothing differs enough from the corners, so the image is black.
  case nothingLeft
  /// The image is nearly black: its brightest byte is `brightest`.
  case nearlyBlack(brightest: UInt8)

  public var description: String {
    switch self {
    case .nothingLeft:
      "all of it is close to the colour of its corners, so nothing is left; is it a white article on white?"
    case .nearlyBlack(let brightest):
      "nearly black: the brightest pixel has \(brightest) of 255; is it a white article on white?"
    }
  }
}

/// Why a recipe does not take a picture. The text follows the picture's name.
public enum RecipeProblem: Error, Equatable, Sendable, CustomStringConvertible {
  case differentSize(ImageShape, wanted: ImageShape)

  public var description: String {
    switch self {
    case .differentSize(let found, let wanted):
      "is \(found.sizeText) (height × width), but the recipe exact wants \(wanted.sizeText)"
    }
  }
}
