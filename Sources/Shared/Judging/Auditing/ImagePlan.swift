// From the pixels of an image to the little that an audit keeps of it.

import TensorStream

/// What an audit keeps of an image besides its thumbnail, its label and its name.
struct Fingerprint {
  let digest: ContentDigest
  /// See ``DifferenceHash``.
  let hash: UInt64
  /// Whether all pixels are alike.
  let isBlank: Bool
}

/// How images of one shape become fingerprints and thumbnails.
struct ImagePlan: Sendable {
  let shape: ImageShape
  let thumbnailPlan: ThumbnailPlan
  let hash: DifferenceHash

  init(_ shape: ImageShape) {
    self.shape = shape
    thumbnailPlan = ThumbnailPlan(shape)
    hash = DifferenceHash(height: shape.height, width: shape.width)
  }

  /// The fingerprint of an image. pixels: [height, width, channels]. The image's thumbnail is written into `thumbnail`,
  /// [ThumbnailPlan.byteCount].
  ///
  /// Complexity: a few additions and multiplications a pixel.
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

  /// The sum of the channels at each pixel, [height, width].
  private func brightness(of pixels: UnsafeBufferPointer<UInt8>) -> [UInt16] {
    if shape.channels == 1 { return pixels.map(UInt16.init) }
    return (0..<shape.height * shape.width).map { pixel in
      (0..<shape.channels).reduce(0) { $0 + UInt16(pixels[pixel * shape.channels + $1]) }
    }
  }
}
