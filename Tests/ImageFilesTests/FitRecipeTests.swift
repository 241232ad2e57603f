// The recipes `exact` and `fit`: sizes, filters, backgrounds, and which pictures are inverted.
import Foundation
import TensorStream
import Testing

@testable import ImageFiles

@Suite struct FitRecipeTests {
  private func image(
    _ picture: Bitmap, _ height: Int, _ width: Int, channels: Int = 1, _ recipe: FitRecipe
  ) throws -> Bitmap {
    let result = try Recipe.fit(recipe).apply(
      to: picture, shape: ImageShape(height: height, width: width, channels: channels))
    #expect(result.note == nil)
    return Bitmap(width: width, height: height, channels: channels, pixels: result.pixels)
  }

  // MARK: Exact

  @Test func exactKeepsPicturesOfTheRightSize() throws {
    let picture = noise(5, 7, 1, seed: 1)
    let shape = ImageShape(height: 5, width: 7, channels: 1)
    #expect(try Recipe.exact().apply(to: picture, shape: shape) == RecipeResult(pixels: picture.pixels))
    let color = noise(5, 7, 3, seed: 2)
    #expect(try Recipe.exact().apply(to: color, shape: shape).pixels == color.converted(toChannels: 1).pixels)
    let wide = ImageShape(height: 5, width: 7, channels: 3)
    #expect(try Recipe.exact().apply(to: color, shape: wide).pixels == color.pixels)
    #expect(
      try Recipe.exact().apply(to: picture, shape: wide).pixels == picture.pixels.flatMap { [$0, $0, $0] })
  }

  @Test(arguments: [(28, 27), (27, 28), (1, 1), (600, 400)])
  func exactRefusesOtherSizes(_ height: Int, _ width: Int) {
    let shape = ImageShape(height: 28, width: 28, channels: 1)
    let problem = #expect(throws: RecipeProblem.self) {
      try Recipe.exact().apply(to: plain(height, width, [0]), shape: shape)
    }
    let text = problem?.description ?? ""
    #expect(text.contains("\(height)×\(width)") && text.contains("28×28"), "\(text)")
  }

  @Test func brightnessFollowsBT601() {
    for seed in 1...50 {
      let color = noise(1, 1, 3, seed: seed)
      let exact =
        0.299 * Double(color.value(0, 0, 0)) + 0.587 * Double(color.value(0, 0, 1)) + 0.114
        * Double(color.value(0, 0, 2))
      #expect(abs(Double(color.converted(toChannels: 1).value(0, 0)) - exact) <= 0.5 + 0.01)
    }
    for value in [UInt8(0), 1, 128, 254, 255] {
      #expect(plain(1, 1, [value, value, value]).converted(toChannels: 1) == plain(1, 1, [value]))
    }
  }

  // MARK: Filters

  /// The mean of a channel over a rectangle of the picture, in Double.
  private func mean(
    _ picture: Bitmap, _ rows: ClosedRange<Double>, _ columns: ClosedRange<Double>, _ channel: Int
  ) -> Double {
    var (sum, area) = (0.0, 0.0)
    for row in 0..<picture.height {
      let height = min(rows.upperBound, Double(row + 1)) - max(rows.lowerBound, Double(row))
      for column in 0..<picture.width where height > 0 {
        let width = min(columns.upperBound, Double(column + 1)) - max(columns.lowerBound, Double(column))
        guard width > 0 else { continue }
        sum += height * width * Double(picture.value(row, column, channel))
        area += height * width
      }
    }
    return sum / area
  }

  @Test(arguments: [
    (1, 1, 1, 1), (1, 1, 5, 3), (28, 28, 28, 28), (30, 41, 28, 28), (9, 5, 20, 17), (100, 3, 7, 28),
    (13, 64, 1, 1),
    (29, 57, 28, 28),
  ])
  func areaIsTheMeanOverTheArea(_ height: Int, _ width: Int, _ newHeight: Int, _ newWidth: Int) {
    for channels in [1, 3] {
      let picture = noise(height, width, channels, seed: height * width)
      let result = resampled(picture, height: newHeight, width: newWidth, by: .area)
      #expect(result.height == newHeight && result.width == newWidth && result.channels == channels)
      let (down, across) = (Double(height) / Double(newHeight), Double(width) / Double(newWidth))
      for row in 0..<newHeight {
        for column in 0..<newWidth {
          for channel in 0..<channels {
            let expected = mean(
              picture, Double(row) * down...Double(row + 1) * down,
              Double(column) * across...Double(column + 1) * across, channel)
            #expect(abs(Double(result.value(row, column, channel)) - expected) <= 0.5 + 1e-6)
          }
        }
      }
    }
  }

  @Test(arguments: ResamplingFilter.allCases)
  func plainPicturesAndPicturesOfTheSameSizeAreUnchanged(_ filter: ResamplingFilter) {
    for value in [UInt8(0), 1, 128, 254, 255] {
      for (height, width) in [(1, 1), (3, 50), (28, 28), (61, 7)] {
        let result = resampled(plain(height, width, [value, 9, value]), height: 28, width: 10, by: filter)
        #expect(result == plain(28, 10, [value, 9, value]))
      }
    }
    let picture = noise(11, 12, 3, seed: 8)
    #expect(resampled(picture, height: 11, width: 12, by: filter) == picture)
  }

  /// The kernel is computed without the library's sine, which is the reference here.
  @Test func theLanczosKernelMatchesItsFormula() {
    for step in -3500...3500 {
      let x = Double(step) / 1000
      let exact =
        abs(x) >= 3 ? 0 : x == 0 ? 1 : 3 * sin(.pi * x) * sin(.pi * x / 3) / (.pi * .pi * x * x)
      #expect(abs(lanczosKernel(x) - exact) <= 1e-14, "at \(x)")
    }
    for step in -3000...3000 {
      let x = Double(step) / 1000
      // The argument of the library's sine has an error of half an ulp of 3π, 8.9e-16, plus 3 times the error of π,
      // 3.7e-16.
      #expect(abs(sineOfPi(x) - sin(.pi * x)) <= 2e-15, "at \(x)")
    }
  }

  // MARK: Placement

  @Test func containShowsTheWholePictureOnTheBackground() throws {
    let picture = grey([[10, 20, 30, 40]])
    let result = try image(
      picture, 4, 4, FitRecipe(filter: .nearest, background: .color(RGBColor(grey: 99)), inversion: .no))
    #expect(result == grey([[99, 99, 99, 99], [99, 99, 99, 99], [10, 20, 30, 40], [99, 99, 99, 99]]))
    let tall = try image(
      grey([[1], [2]]), 2, 5, FitRecipe(filter: .nearest, background: .color(.black), inversion: .no))
    #expect(tall == grey([[0, 0, 1, 0, 0], [0, 0, 2, 0, 0]]))
  }

  @Test func coverFillsTheImageAndCropsBothSides() throws {
    let recipe = FitRecipe(filter: .nearest, placement: .cover, inversion: .no)
    #expect(try image(grey([[1, 2, 3, 4]]), 2, 2, recipe) == grey([[2, 2], [2, 2]]))
    #expect(try image(grey([[1], [2], [3], [4], [5], [6]]), 1, 2, recipe) == grey([[3, 3]]))
    let rows: [[UInt8]] = [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]]
    #expect(try image(grey(rows), 2, 2, recipe) == grey([[3, 4], [9, 10]]))
    #expect(covering(plain(100, 50, [1]), height: 28, width: 28) == plain(50, 50, [1]))
    #expect(covering(plain(1, 50, [1]), height: 28, width: 1) == plain(1, 1, [1]))
    #expect(covering(plain(50, 1, [1]), height: 1, width: 28) == plain(1, 1, [1]))
  }

  @Test func stretchDistortsTheWholePicture() throws {
    let recipe = FitRecipe(filter: .nearest, placement: .stretch, inversion: .no)
    #expect(try image(grey([[1, 2]]), 2, 4, recipe) == grey([[1, 1, 2, 2], [1, 1, 2, 2]]))
  }

  @Test(arguments: [(1, 1), (1, 4096), (4096, 1), (3, 2), (500, 333)])
  func picturesOfEverySizeFit(_ height: Int, _ width: Int) throws {
    let picture = noise(height, width, height % 2 == 0 ? 1 : 3, seed: 3)
    for filter in ResamplingFilter.allCases {
      for placement in FitRecipe.Placement.allCases {
        for channels in [1, 3] {
          let result = try image(
            picture, 28, 20, channels: channels, FitRecipe(filter: filter, placement: placement))
          #expect(result.pixels.count == 28 * 20 * channels)
        }
      }
    }
  }

  // MARK: Background and inversion

  @Test func theBackgroundIsTheBordersMedianUnlessGiven() throws {
    // Six of the border's ten pixels are 200.
    var picture = plain(3, 4, [200])
    for index in [0, 1, 2, 4] { picture.pixels[index] = 10 }
    picture.pixels[5] = 0
    let recipe = FitRecipe(filter: .nearest, inversion: .no)
    #expect(try image(picture, 4, 4, recipe).pixels == [200, 200, 200, 200] + picture.pixels)
    let color = Bitmap(width: 1, height: 2, channels: 3, pixels: [1, 2, 3, 1, 2, 3])
    #expect(try image(color, 2, 2, channels: 3, recipe).pixels == [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
    let red = FitRecipe(
      filter: .nearest, background: .color(RGBColor(red: 255, green: 0, blue: 0)), inversion: .no)
    #expect(try image(color, 2, 2, channels: 3, red).pixels == [255, 0, 0, 1, 2, 3, 255, 0, 0, 1, 2, 3])
    // 76 is the brightness of red.
    #expect(try image(grey([[9], [9]]), 2, 2, red).pixels == [76, 9, 76, 9])
  }

  /// A border is light if its median is above 127.5. With half of its pixels at 127 and half at 128, it is not.
  @Test(arguments: [
    ([UInt8](repeating: 128, count: 8), true), ([UInt8](repeating: 127, count: 8), false),
    ([127, 127, 127, 127, 128, 128, 128, 128], false), ([127, 127, 127, 128, 128, 128, 128, 128], true),
    ([0, 0, 0, 127, 129, 255, 255, 255], true), ([0, 0, 0, 0, 255, 255, 255, 255], false),
    ([0, 0, 0, 1, 255, 255, 255, 255], true), ([0, 0, 0, 0, 0, 255, 255, 255], false),
  ])
  func darkOnLightIsInverted(_ border: [UInt8], _ isTurned: Bool) throws {
    // The middle pixel is not part of the border, whatever its value.
    for middle in [UInt8(0), 255] {
      let pixels = Array(border[..<4]) + [middle] + Array(border[4...])
      let picture = Bitmap(width: 3, height: 3, channels: 1, pixels: pixels)
      let turned = picture.pixels.map { 255 - $0 }
      #expect(try image(picture, 3, 3, FitRecipe()).pixels == (isTurned ? turned : pixels))
      #expect(try image(picture, 3, 3, FitRecipe(inversion: .yes)).pixels == turned)
      #expect(try image(picture, 3, 3, FitRecipe(inversion: .no)).pixels == pixels)
    }
  }

  /// The expected colors are Python's `colorsys.hls_to_rgb(h, 1 - l, s)` for h, l and s of `colorsys.rgb_to_hls`,
  /// rounded.
  @Test func invertedColorsKeepTheirHue() throws {
    let colors: [UInt8] = [
      255, 0, 0, 200, 30, 30, 10, 20, 30, 250, 240, 10, 0, 0, 0, 128, 128, 128, 1, 254, 90, 17, 0, 255,
    ]
    let turned: [UInt8] = [
      255, 0, 0, 225, 55, 55, 225, 235, 245, 245, 235, 5, 255, 255, 255, 127, 127, 127, 1, 254, 90, 17, 0,
      255,
    ]
    let picture = Bitmap(width: 8, height: 1, channels: 3, pixels: colors)
    let shape = ImageShape(height: 1, width: 8, channels: 3)
    let recipe = FitRecipe(filter: .nearest, inversion: .yes)
    #expect(recipe.apply(to: picture, shape: shape).pixels == turned)
    #expect(
      recipe.apply(to: Bitmap(width: 8, height: 1, channels: 3, pixels: turned), shape: shape).pixels
        == colors)
  }

  /// The background is taken from the picture before the inversion: a white background continues into the margins, and
  /// becomes black with the picture.
  @Test func theBackgroundIsInvertedWithThePicture() throws {
    var picture = plain(4, 12, [250])
    for column in 2..<10 { picture.pixels[12 + column] = 20 }
    let result = try image(picture, 12, 12, FitRecipe(filter: .nearest))
    #expect(Set(result.pixels) == [5, 235])
    #expect(result.pixels.prefix(12).allSatisfy { $0 == 5 })
    let given = try image(picture, 12, 12, FitRecipe(filter: .nearest, background: .color(.white)))
    #expect(Set(given.pixels) == [0, 5, 235])
  }

  @Test func pixelsInCornersCountOnce() {
    // If corners counted twice, 8 of 12 pixels would be light.
    let picture = grey([[255, 0, 255], [0, 9, 0], [255, 0, 255]])
    #expect(!PictureBorder(of: picture).isLight)
    #expect(PictureBorder(of: grey([[200]])).isLight)
    #expect(PictureBorder(of: grey([[1, 200, 200]])).isLight)
    #expect(PictureBorder(of: grey([[1], [200], [200]])).medianColor == RGBColor(grey: 200))
  }

  @Test func transparentPixelsShowTheBackground() {
    #expect(Recipe.exact().ground == .black)
    #expect(Recipe.exact(background: .white).ground == .white)
    #expect(Recipe.fashionMNIST.ground == .white)
    #expect(Recipe.fit().ground == .white)
    #expect(Recipe.fit(FitRecipe(background: .color(.black))).ground == .black)
  }
}
