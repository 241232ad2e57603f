// Compares recipes with stored results of Pillow 11.3 and ImageMagick 6.9.
import TensorStream
import Testing

@testable import ImageFiles

@Suite struct StoredResultTests {
  @Test func everyOperationHasStoredResults() {
    #expect(StoredResult.all("pillow", "NEAREST", "LANCZOS", "BOX").count == 17)
    #expect(StoredResult.all("imagemagick", "trim", "sample", "whole", "sharpen", "extent").count == 20)
  }

  @Test(arguments: StoredResult.all("pillow", "NEAREST"))
  func nearestMatchesPillow(_ stored: StoredResult) {
    let result = resampled(
      stored.picture, height: stored.result.height, width: stored.result.width, by: .nearest)
    #expect(result == stored.result)
  }

  /// The arithmetic is the same, and so are the bytes.
  @Test(arguments: StoredResult.all("pillow", "LANCZOS"))
  func lanczosMatchesPillow(_ stored: StoredResult) {
    let result = resampled(
      stored.picture, height: stored.result.height, width: stored.result.width, by: .lanczos)
    #expect(result == stored.result)
  }

  /// Pillow rounds after each of two passes, by up to half a level each time.
  @Test(arguments: StoredResult.all("pillow", "BOX"))
  func areaMatchesPillowsBoxAtWholeRatiosWithinOneLevel(_ stored: StoredResult) throws {
    let result = resampled(
      stored.picture, height: stored.result.height, width: stored.result.width, by: .area)
    #expect(try #require(result.distance(to: stored.result)) <= 1)
  }

  @Test(arguments: StoredResult.all("imagemagick", "trim"))
  func trimmingMatchesImageMagick(_ stored: StoredResult) {
    #expect(trimmed(stored.picture) == stored.result)
  }

  @Test(arguments: StoredResult.all("imagemagick", "sample"))
  func subsamplingMatchesImageMagick(_ stored: StoredResult) {
    let size = fittingSize(of: stored.picture, height: 28, width: 28)
    #expect(subsampled(stored.picture, height: size.height, width: size.width) == stored.result)
  }

  /// ImageMagick rounds to 16 bits and then to 8, so that a value just below a half may be rounded up.
  @Test(arguments: StoredResult.all("imagemagick", "sharpen"))
  func sharpeningMatchesImageMagickWithinOneLevel(_ stored: StoredResult) throws {
    #expect(try #require(sharpened(stored.picture).distance(to: stored.result)) <= 1)
  }

  @Test(arguments: StoredResult.all("imagemagick", "extent"))
  func centeringMatchesImageMagick(_ stored: StoredResult) {
    #expect(stored.picture.centered(height: 28, width: 28, on: .white) == stored.result)
  }

  /// Before the conversion to grey, fm-tools rounds colours to 8 bits, ImageMagick to 16.
  @Test(arguments: StoredResult.all("imagemagick", "whole"))
  func theWholeConversionMatchesImageMagickWithinOneLevel(_ stored: StoredResult) throws {
    let result = try Recipe.fashionMNIST.apply(
      to: stored.picture, shape: ImageShape(height: 28, width: 28, channels: 1))
    #expect(result.note == nil)
    let image = Bitmap(width: 28, height: 28, channels: 1, pixels: result.pixels)
    #expect(try #require(image.distance(to: stored.result)) <= 1)
  }
}
