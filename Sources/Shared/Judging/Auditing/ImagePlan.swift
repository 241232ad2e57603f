// Reduces the pixels of an image to the few bytes that an audit keeps.

import TensorStream

/// The data that an audit keeps on an image besides its thumbnail, its label and its name.
struct Fingerprint {
  let digest: ContentDigest
  /// The perceptual hash; see ``DifferenceHash``.
  let hash: UInt64
  /// Whether all values of all pixels are equal.
  let isBlank: Bool
}

/// Computes fingerprints and thumbnails of images of one shape.
struct ImagePlan: Sendable {
  let shape: ImageShape
  let thumbnailPlan: ThumbnailPlan
  let hash: DifferenceHash

  init(_ shape: ImageShape) {
    self.shape = shape
    thumbnailPlan = ThumbnailPlan(shape)
    hash = DifferenceHash(height: shape.height, width: shape.width)
  }

  /// Returns the fingerprint of an image, and writes its thumbnail into `thumbnail`, [ThumbnailPlan.byteCount]. pixels:
  /// [height, width, channels].
  ///
  /// - Complexity: O(height · width · channels), a few additions and multiplications for each byte
  func fingerprint(
    of pixels: UnsafeBufferPointer<UInt8>, thumbnail: UnsafeMutableBufferPointer<UInt8>
  ) -> Fingerprint {
    precondition(pixels.count == shape.byteCount, "\(pixels.count) bytes for an image of \(shape)")
    let first = pixels[0]
    let sums = brightness(of: pixels)
    thumbnailPlan.fill(thumbnail, from: sums)
    return Fingerprint(
      digest: ContentDigest(pixels), hash: hash.hash(of: sums), isBlank: pixels.allSatisfy { $0 == first })
  }

  /// Returns the sum of the channels at each pixel, [height, width].
  private func brightness(of pixels: UnsafeBufferPointer<UInt8>) -> [UInt16] {
    if shape.channels == 1 { return pixels.map(UInt16.init) }
    return (0..<shape.height * shape.width).map { pixel in
      (0..<shape.channels).reduce(0) { $0 + UInt16(pixels[pixel * shape.channels + $1]) }
    }
  }
}
