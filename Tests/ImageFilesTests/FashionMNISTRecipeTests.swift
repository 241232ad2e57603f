// Compares each step of the data set's conversion with an independent reference, and tests pictures that it
// cannot convert.
import Foundation
import TensorStream
import Testing

@testable import ImageFiles

private let shape = ImageShape(height: 28, width: 28, channels: 1)

@Suite struct FashionMNISTRecipeTests {
  // MARK: Trimming

  /// Trims the picture by the definition, pixel by pixel in Double.
  private func naivelyTrimmed(_ picture: Bitmap) -> Bitmap? {
    func isFar(_ row: Int, _ column: Int, from corner: (Int, Int)) -> Bool {
      var sum = 0.0
      for channel in 0..<3 {
        let channel = picture.channels == 3 ? channel : 0
        let difference = picture.value(row, column, channel) - picture.value(corner.0, corner.1, channel)
        sum += Double(difference) * Double(difference)
      }
      let distance = sum.squareRoot()
      return distance > 0.05 * (3.0 * 255 * 255).squareRoot()
    }
    var (left, right, top, bottom) = (Int.max, -1, Int.max, -1)
    for row in 0..<picture.height {
      for column in 0..<picture.width {
        if isFar(row, column, from: (0, 0)) {
          left = min(left, column)
          top = min(top, row)
        }
        if isFar(row, column, from: (0, picture.width - 1)) { right = max(right, column) }
        if isFar(row, column, from: (picture.height - 1, 0)) { bottom = max(bottom, row) }
      }
    }
    guard left <= right, top <= bottom else { return nil }
    var pixels: [UInt8] = []
    for row in top...bottom {
      for column in left...right {
        for channel in 0..<picture.channels { pixels.append(UInt8(picture.value(row, column, channel))) }
      }
    }
    return Bitmap(
      width: right - left + 1, height: bottom - top + 1, channels: picture.channels, pixels: pixels)
  }

  @Test(arguments: 1...60)
  func edgesLikeTheCornersAreTrimmed(seed: Int) {
    let (height, width) = (3 + seed % 17, 2 + seed % 23)
    let channels = seed % 2 == 0 ? 1 : 3
    for picture in [
      article(height, width, channels, seed: seed), noise(height, width, channels, seed: seed),
      plain(height, width, Array(repeating: UInt8(seed), count: channels)),
    ] { #expect(trimmed(picture) == naivelyTrimmed(picture), "seed \(seed)") }
  }

  /// 5 % of the largest distance between colours is 22.08, which is 12.75 in each channel of a grey.
  @Test func fivePercentIsTheLimit() {
    func isTrimmed(_ color: [UInt8]) -> Bool {
      var picture = plain(3, 3, Array(repeating: 200, count: color.count))
      picture.pixels.replaceSubrange(4 * color.count..<5 * color.count, with: color)
      return trimmed(picture) == nil
    }
    #expect(isTrimmed([212]) && !isTrimmed([213]))
    #expect(isTrimmed([188]) && !isTrimmed([187]))
    #expect(isTrimmed([222, 200, 200]) && !isTrimmed([223, 200, 200]))
    #expect(isTrimmed([213, 212, 213]) && !isTrimmed([213, 213, 213]))
  }

  @Test func pixelsUpToTheEdgeAreKept() {
    let picture = grey([[255, 255, 0], [255, 0, 0], [255, 255, 255]])
    // The last row has the colour of its corner.
    #expect(trimmed(picture) == grey([[255, 0], [0, 0]]))
  }

  @Test(arguments: [
    plain(1, 1, [7]), plain(5, 9, [255, 255, 255]), grey([[0, 255]]), grey([[0], [255]]),
    noise(1, 1, 3, seed: 1),
    grey([[250, 245, 250], [250, 250, 255]]),
  ])
  func picturesOfBackgroundOnlyLeaveNothing(_ picture: Bitmap) throws {
    #expect(trimmed(picture) == nil)
    let result = try Recipe.fashionMNIST.apply(to: picture, shape: shape)
    #expect(result.note == .nothingLeft)
    #expect(result.pixels == [UInt8](repeating: 0, count: 784))
  }

  // MARK: Subsampling

  @Test(arguments: [(1, 28), (28, 28), (29, 28), (56, 28), (100, 28), (28, 1), (5, 7), (4096, 28)])
  func pixelsBelowTheCentersAreKept(_ old: Int, _ new: Int) {
    let picture = Bitmap(
      width: old, height: 1, channels: 1, pixels: (0..<old).map { UInt8(truncatingIfNeeded: $0 * 7) })
    let result = subsampled(picture, height: 1, width: new)
    for column in 0..<new {
      // Slightly left of the centre.
      let place = (Double(column) + 0.5 - 1e-9) * Double(old) / Double(new)
      #expect(result.value(0, column) == picture.value(0, Int(place)), "column \(column)")
    }
  }

  @Test func theLongestEdgeFitsAndTheOtherKeepsTheProportion() {
    func size(_ height: Int, _ width: Int, in wanted: (Int, Int) = (28, 28)) -> [Int] {
      let size = fittingSize(
        of: plain(height, width, [0]), height: wanted.0, width: wanted.1)
      return [size.height, size.width]
    }
    #expect(size(28, 28) == [28, 28])
    #expect(size(100, 50) == [28, 14])
    #expect(size(50, 100) == [14, 28])
    #expect(size(10, 7) == [28, 20])
    // 28 · 3 / 8 = 10.5
    #expect(size(8, 3) == [28, 11])
    #expect(size(1000, 1) == [28, 1])
    #expect(size(1, 4000) == [1, 28])
    #expect(size(30, 20, in: (10, 40)) == [10, 7])
    #expect(size(20, 30, in: (40, 10)) == [7, 10])
  }

  // MARK: Sharpening

  /// Sharpens with the kernel by its definition: a negative Gaussian, whose middle is replaced by −2 times its sum, all
  /// divided by the total.
  private func naivelySharpened(_ picture: Bitmap) -> [Double] {
    var kernel = [Double](repeating: 0, count: 9)
    for v in -1...1 {
      for u in -1...1 { kernel[(v + 1) * 3 + u + 1] = -exp(-Double(u * u + v * v) / 2) / (2 * .pi) }
    }
    kernel[4] = -2 * kernel.reduce(0, +)
    let total = kernel.reduce(0, +)
    var values: [Double] = []
    for row in 0..<picture.height {
      for column in 0..<picture.width {
        for channel in 0..<picture.channels {
          var sum = 0.0
          for v in -1...1 {
            for u in -1...1 {
              let y = min(max(row + v, 0), picture.height - 1)
              let x = min(max(column + u, 0), picture.width - 1)
              sum += kernel[(v + 1) * 3 + u + 1] / total * Double(picture.value(y, x, channel))
            }
          }
          values.append(min(255, max(0, sum)))
        }
      }
    }
    return values
  }

  @Test(arguments: [(1, 1, 1), (1, 7, 3), (7, 1, 1), (2, 2, 3), (28, 13, 1), (9, 28, 3)])
  func sharpeningMatchesTheGaussianOperator(_ height: Int, _ width: Int, _ channels: Int) {
    let picture = noise(height, width, channels, seed: height + width)
    let expected = naivelySharpened(picture)
    let result = sharpened(picture)
    #expect(result.pixels.count == expected.count)
    for (found, wanted) in zip(result.pixels, expected) {
      #expect(abs(Double(found) - wanted) <= 0.5 + 1e-9)
    }
  }

  @Test func sharpeningKeepsPlainPictures() {
    for value in [UInt8(0), 1, 127, 254, 255] {
      #expect(sharpened(plain(4, 5, [value])) == plain(4, 5, [value]))
    }
  }

  // MARK: The whole

  @Test(arguments: 1...12)
  func theRecipeIsItsStepsInOrder(seed: Int) throws {
    let picture = article(20 + 7 * seed, 90 - 5 * seed, 3, seed: seed)
    let small = try #require(trimmed(picture))
    let scale = 28 / Double(max(small.height, small.width))
    let size = [small.height, small.width].map { Int((Double($0) * scale).rounded()) }
    let sharp = sharpened(subsampled(small, height: size[0], width: size[1]))
    var expected = [UInt8](repeating: 0, count: 784)
    for row in 0..<size[0] {
      for column in 0..<size[1] {
        let color = (0..<3).map { Double(255 - sharp.value(row, column, $0)) }
        let brightness = 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]
        expected[(14 - size[0] / 2 + row) * 28 + 14 - size[1] / 2 + column] = UInt8(brightness.rounded())
      }
    }
    let result = try Recipe.fashionMNIST.apply(to: picture, shape: shape)
    #expect(result.note == nil)
    #expect(result.pixels.count == 784)
    for (found, wanted) in zip(result.pixels, expected) {
      // Weights of 16 bits may round differently at a half.
      #expect(abs(Int(found) - Int(wanted)) <= 1)
    }
  }

  @Test func articlesOfAnySizeBecomeBrightOnBlack() throws {
    for (height, width) in [(300, 200), (28, 28), (9, 14), (1000, 40)] {
      let result = try Recipe.fashionMNIST.apply(
        to: article(height, width, 3, seed: 4), shape: shape)
      #expect(result.note == nil)
      #expect(result.pixels.max()! > 100)
    }
  }

  @Test func colorIsKeptOnRequest() throws {
    let picture = article(40, 60, 3, seed: 5)
    let color = try Recipe.fashionMNIST.apply(
      to: picture, shape: ImageShape(height: 32, width: 20, channels: 3))
    #expect(color.pixels.count == 32 * 20 * 3)
    let grey = try Recipe.fashionMNIST.apply(
      to: picture, shape: ImageShape(height: 32, width: 20, channels: 1))
    let image = Bitmap(width: 20, height: 32, channels: 3, pixels: color.pixels)
    #expect(image.converted(toChannels: 1).pixels == grey.pixels)
    let fromGrey = try Recipe.fashionMNIST.apply(
      to: article(40, 60, 1, seed: 5), shape: ImageShape(height: 28, width: 28, channels: 3))
    for start in stride(from: 0, to: 784 * 3, by: 3) {
      #expect(Set(fromGrey.pixels[start..<start + 3]).count == 1)
    }
  }

  /// 15 levels below the background are more than 5 %, but leave a nearly black image.
  @Test func whiteArticlesOnWhiteAreReported() throws {
    var picture = plain(60, 60, [255])
    for row in 20..<40 {
      for column in 10..<50 { picture.pixels[row * 60 + column] = 240 }
    }
    let result = try Recipe.fashionMNIST.apply(to: picture, shape: shape)
    let brightest = try #require(result.pixels.max())
    #expect(result.note == .nearlyBlack(brightest: brightest))
    #expect((15...40).contains(brightest))
    for row in 20..<40 {
      for column in 10..<50 { picture.pixels[row * 60 + column] = 120 }
    }
    #expect(try Recipe.fashionMNIST.apply(to: picture, shape: shape).note == nil)
  }

  @Test func notesSayWhatToSuspect() {
    for note in [RecipeNote.nothingLeft, .nearlyBlack(brightest: 12)] {
      #expect(note.description.contains("white article on white"))
      #expect(!note.description.contains("\n"))
    }
    #expect(RecipeNote.nearlyBlack(brightest: 12).description.contains("12 of 255"))
  }
}
