// Recipes beside Pillow 11.3 and ImageMagick 6.9, whose results are stored.
import TensorStream
import Testing

@testable import ImageFiles

@Suite struct StoredResultTests {
  @Test func thereAreResultsOfEveryOperation() {
    #expect(StoredResult.all("pillow", "NEAREST", "LANCZOS", "BOX").count == 17)
    #expect(StoredResult.all("imagemagick", "trim", "sample", "whole", "sharpen", "extent").count == 20)
  }

  @Test(arguments: StoredResult.all("pillow", "NEAREST"))
  func nearestIsPillows(_ stored: StoredResult) {
    let result = resampled(
      stored.picture, height: stored.result.height, width: stored.result.width, by: .nearest)
    #expect(result == stored.result)
  }

  /// The same arithmetic, so the same bytes.
  @Test(arguments: StoredResult.all("pillow", "LANCZOS"))
  func lanczosIsPillows(_ stored: StoredResult) {
    let result = resampled(
      stored.picture, height: stored.result.height, width: stored.result.width, by: .lanczos)
    #expect(result == stored.result)
  }

  /// Pillow rounds behind the first of two passes too: half a byte there, and half behind the second.
  @Test(arguments: StoredResult.all("pillow", "BOX"))
  func areaIsPillowsBoxAtWholeRatiosWithinAByte(_ stored: StoredResult) throws {
    let result = resampled(
      stored.picture, height: stored.result.height, width: stored.result.width, by: .area)
    #expect(try #require(result.distance(to: stored.result)) <= 1)
  }

  @Test(arguments: StoredResult.all("imagemagick", "trim"))
  func trimmingIsImageMagicks(_ stored: StoredResult) {
    #expect(trimmed(stored.picture) == stored.result)
  }

  @Test(arguments: StoredResult.all("imagemagick", "sample"))
  func subsamplingIsImageMagicks(_ stored: StoredResult) {
    let size = fittingSize(of: stored.picture, height: 28, width: 28)
    #expect(subsampled(stored.picture, height: size.height, width: size.width) == stored.result)
  }

  /// ImageMagick rounds to 16 bits, and those then to 8: what is just below a half may be rounded up.
  @Test(arguments: StoredResult.all("imagemagick", "sharpen"))
  func sharpeningIsImageMagicksWithinAByte(_ stored: StoredResult) throws {
    #expect(try #require(sharpened(stored.picture).distance(to: stored.result)) <= 1)
  }

  @Test(arguments: StoredResult.all("imagemagick", "extent"))
  func theCenterIsWhereImageMagickHasIt(_ stored: StoredResult) {
    #expect(stored.picture.centered(height: 28, width: 28, on: .white) == stored.result)
  }

  /// Colors are rounded to 8 bits before they become grey here, and to 16 there.
  @Test(arguments: StoredResult.all("imagemagick", "whole"))
  func theWholeConversionIsImageMagicksWithinAByte(_ stored: StoredResult) throws {
    let result = try Recipe.fashionMNIST.apply(
      to: stored.picture, shape: ImageShape(height: 28, width: 28, channels: 1))
    #expect(result.note == nil)
    let image = Bitmap(width: 28, height: 28, channels: 1, pixels: result.pixels)
    #expect(try #require(image.distance(to: stored.result)) <= 1)
  }
}
