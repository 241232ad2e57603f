// From a decoded picture to the bytes of a model's input: which way, what can stand in it, what is to be said of it.
//
// docs/recipes.md says what each recipe does, step by step, and when to use which. The steps are in FashionMNISTRecipe.swift
// and FitRecipe.swift, and what they have in common in BitmapSteps.swift and the files on resampling. All of them are
// functions of their arguments alone, in integers or in a fixed order of Doubles: the same picture gives the same bytes on
// every machine.

import TensorStream

/// How a picture becomes an image of the size that a model takes.
public enum Recipe: Equatable, Sendable {
  /// As it is: it must have the size. Where it is transparent, `background` shows.
  case exact(background: RGBColor = .black)
  /// As the photos of products became the images of Fashion-MNIST.
  case fashionMNIST
  /// Scaled, whatever its size.
  case fit(FitRecipe = FitRecipe())

  /// What lies behind a picture that is transparent in places.
  public var ground: RGBColor {
    switch self {
    case .exact(let background): background
    // What photos of products are taken on, and what the recipe extends them with.
    case .fashionMNIST: .white
    case .fit(let recipe): recipe.ground
    }
  }

  /// Makes an image of `shape` of a picture. Throws ``RecipeProblem`` where the picture is not for this recipe.
  public func apply(to picture: Bitmap, shape: ImageShape) throws(RecipeProblem) -> RecipeResult {
    switch self {
    case .exact:
      guard picture.height == shape.height, picture.width == shape.width else {
        throw .differentSize(height: picture.height, width: picture.width, wanted: shape)
      }
      return RecipeResult(pixels: picture.converted(toChannels: shape.channels).pixels)
    case .fashionMNIST: return articleImage(of: picture, shape: shape)
    case .fit(let recipe): return RecipeResult(pixels: recipe.apply(to: picture, shape: shape).pixels)
    }
  }
}

/// What a recipe made of a picture.
public struct RecipeResult: Equatable, Sendable {
  /// [height, width, channels] of the shape that was asked for.
  public var pixels: [UInt8]
  /// What whoever uses the image should be told, with the picture's name before it.
  public var note: RecipeNote?

  public init(pixels: [UInt8], note: RecipeNote? = nil) {
    self.pixels = pixels
    self.note = note
  }
}

/// What is doubtful about an image, which is there all the same.
public enum RecipeNote: Equatable, Sendable, CustomStringConvertible {
  /// Nothing differs enough from the corners: the image is black.
  case nothingLeft
  /// The brightest byte of the image is this one.
  case nearlyBlack(brightest: UInt8)

  public var description: String {
    switch self {
    case .nothingLeft:
      "all of it is close to the color of its corners, so nothing is left; is it a white article on white?"
    case .nearlyBlack(let brightest):
      "nearly black: the brightest pixel has \(brightest) of 255; is it a white article on white?"
    }
  }
}

/// Why a recipe does not take a picture. It goes behind the picture's name.
public enum RecipeProblem: Error, Equatable, Sendable, CustomStringConvertible {
  case differentSize(height: Int, width: Int, wanted: ImageShape)

  public var description: String {
    switch self {
    case .differentSize(let height, let width, let wanted):
      "is \(height)×\(width) (height × width), but --recipe exact wants \(wanted.height)×\(wanted.width);"
        + " use --recipe fashion-mnist for photos of products on white, --recipe fit for others"
    }
  }
}
