// Tests what represents an image: its digest, its difference hash and its thumbnail.
import RandomNumbers
import TensorStream
import Testing

@testable import Auditing

@Suite struct FingerprintTests {
  static let shapes = [
    (1, 1, 1), (1, 9, 1), (8, 9, 1), (5, 7, 1), (7, 5, 3), (8, 8, 1), (9, 8, 3), (28, 28, 1), (32, 32, 3),
    (17, 64, 1), (64, 3, 3),
  ].map { ImageShape(height: $0.0, width: $0.1, channels: $0.2) }

  // MARK: Digests

  private func digest(_ bytes: [UInt8]) -> ContentDigest {
    bytes.withUnsafeBufferPointer { ContentDigest($0) }
  }

  @Test func everyBitAndTheLengthChangeBothHalvesOfADigest() {
    var random = SplitMix64(seed: 1)
    var digests: Set<ContentDigest> = []
    var (highs, lows): (Set<UInt64>, Set<UInt64>) = ([], [])
    var count = 0
    for length in 0..<20 {
      let bytes = (0..<length).map { _ in UInt8(random.next(below: 256)) }
      for image in [bytes, bytes + [0], [UInt8](repeating: 0, count: length + 100)] {
        digests.insert(digest(image))
        count += 1
      }
      for bit in 0..<8 * length {
        var changed = bytes
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        let digest = digest(changed)
        digests.insert(digest)
        highs.insert(digest.high)
        lows.insert(digest.low)
        count += 1
      }
      #expect(digest(bytes) == digest(Array(bytes)))
    }
    #expect(digests.count == count)
    // All 1,520 values of 64 bits differ.
    #expect(highs.count == 8 * (0..<20).reduce(0, +) && lows.count == highs.count)
  }

  // MARK: Hashes

  /// Computes the hash by its definition: repeats every pixel 8 × 9 times, so that each cell has `height` × `width`
  /// pixels.
  private func naiveHash(_ image: [UInt8], _ shape: ImageShape) -> UInt64 {
    var hash: UInt64 = 0
    for row in 0..<8 {
      let sums = (0..<9).map { column -> Int in
        var sum = 0
        for y in row * shape.height..<(row + 1) * shape.height {
          for x in column * shape.width..<(column + 1) * shape.width {
            for channel in 0..<shape.channels {
              sum += Int(image[(y / 8 * shape.width + x / 9) * shape.channels + channel])
            }
          }
        }
        return sum
      }
      for column in 0..<8 where sums[column + 1] > sums[column] { hash |= 1 << UInt64(8 * row + column) }
    }
    return hash
  }

  @Test(arguments: shapes)
  func theHashComparesNeighbouringCells(_ shape: ImageShape) {
    var random = SplitMix64(seed: 2)
    for _ in 0..<20 {
      let image = randomImage(shape, &random)
      #expect(fingerprint(image, shape).0.hash == naiveHash(image, shape))
    }
  }

  @Test func uniformlyBrighterImagesHaveTheSameHash() {
    let shape = ImageShape(height: 28, width: 28, channels: 1)
    var random = SplitMix64(seed: 3)
    let image = randomImage(shape, &random).map { $0 / 2 }
    let hash = fingerprint(image, shape).0.hash
    #expect(hash != 0)
    #expect(fingerprint(image.map { $0 + 100 }, shape).0.hash == hash)
    #expect(fingerprint(image.map { $0 * 2 }, shape).0.hash == hash)
    #expect(fingerprint(image.reversed(), shape).0.hash != hash)
  }

  @Test(arguments: shapes)
  func anImageIsBlankIfAllPixelsAreEqual(_ shape: ImageShape) {
    for value in [0, 77, 255] as [UInt8] {
      var image = [UInt8](repeating: value, count: shape.byteCount)
      let (blank, _) = fingerprint(image, shape)
      #expect(blank.isBlank && blank.hash == 0)
      guard image.count > 1 else { continue }
      image[image.count - 1] ^= 1
      #expect(!fingerprint(image, shape).0.isBlank)
    }
  }

  // MARK: Thumbnails

  private func bound(_ one: [UInt8], _ other: [UInt8], _ shape: ImageShape) -> Float {
    let (first, second) = (fingerprint(one, shape).thumbnail, fingerprint(other, shape).thumbnail)
    return first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer {
        ImagePlan(shape).thumbnailPlan.distanceBound(first.baseAddress!, $0.baseAddress!)
      }
    }
  }

  @Test(arguments: shapes)
  func imagesAreAtLeastAsFarApartAsTheirThumbnails(_ shape: ImageShape) {
    var random = SplitMix64(seed: 4)
    for amount in [0, 1, 2, 5, 20, 100] {
      for _ in 0..<20 {
        let image = randomImage(shape, &random)
        let other = amount == 100 ? randomImage(shape, &random) : noisy(image, by: amount, &random)
        #expect(Double(bound(image, other, shape)) <= naiveDistance(image, other))
      }
    }
  }

  @Test(arguments: shapes)
  func uniformlyDifferentImagesHaveABoundOneBelowTheirDistance(_ shape: ImageShape) {
    let black = [UInt8](repeating: 0, count: shape.byteCount)
    for difference in [1, 2, 40, 255] as [UInt8] {
      let bound = bound(black, black.map { $0 + difference }, shape)
      // The shares of at most 64 blocks were each rounded down to a multiple of 1/16384.
      let exact = Float(difference - 1)
      #expect(bound <= exact && bound >= exact * (1 - Float(64) / 16384))
    }
  }
}
