// Small images that give a lower bound of the distance between two images, so that few must be compared in full.

import TensorStream

/// Computes thumbnails of images of one shape: the mean brightness of each of 8 × 8 blocks of pixels.
///
/// Blocks cut an image into parts of nearly the same size. The squared difference of the means over a part is at most
/// the mean squared difference of its pixels (Jensen's inequality), and the same holds for means over channels. So two
/// images differ by at least as much as their thumbnails. No hash offers such a guarantee.
struct ThumbnailPlan: Sendable {
  /// The number of blocks along a side. Images with fewer pixels along it have fewer blocks, and 0 in the other bytes
  /// of the thumbnail.
  static let side = 8
  /// The number of bytes of a thumbnail, one per block.
  static let byteCount = side * side

  private let shape: ImageShape
  /// The beginnings of the blocks, and the image's size at the end.
  private let rows: [Int]
  private let columns: [Int]
  /// For each block, its share of the image's pixels in units of 1 / `scale`, rounded down: [byteCount].
  private let shares: [Int32]
  /// The denominator of the shares. 255² times this fits in Int32.
  private static let scale: Int32 = 1 << 14

  init(_ shape: ImageShape) {
    self.shape = shape
    func edges(_ size: Int) -> [Int] {
      let count = min(Self.side, size)
      return (0...count).map { $0 * size / count }
    }
    (rows, columns) = (edges(shape.height), edges(shape.width))
    var shares = [Int32](repeating: 0, count: Self.byteCount)
    for row in 1..<rows.count {
      for column in 1..<columns.count {
        let pixelCount = (rows[row] - rows[row - 1]) * (columns[column] - columns[column - 1])
        shares[(row - 1) * Self.side + column - 1] = Int32(
          pixelCount * Int(Self.scale) / (shape.height * shape.width))
      }
    }
    self.shares = shares
  }

  /// Writes an image's thumbnail, [byteCount]. sums: [height, width], the sums of the channels.
  ///
  /// - Complexity: O(height · width)
  func fill(_ thumbnail: UnsafeMutableBufferPointer<UInt8>, from sums: [UInt16]) {
    precondition(thumbnail.count == Self.byteCount, "\(thumbnail.count) bytes for a thumbnail")
    thumbnail.update(repeating: 0)
    for row in 1..<rows.count {
      for column in 1..<columns.count {
        let (height, width) = (rows[row - 1]..<rows[row], columns[column - 1]..<columns[column])
        var sum = 0
        for y in height { for x in width { sum += Int(sums[y * shape.width + x]) } }
        let count = height.count * width.count * shape.channels
        thumbnail[(row - 1) * Self.side + column - 1] = UInt8((2 * sum + count) / (2 * count))
      }
    }
  }

  /// Returns a lower bound of the distance between the images of two thumbnails, [byteCount]. The distance is the root
  /// mean square difference of the images' pixels, 0 to 255.
  func distanceBound(_ one: UnsafePointer<UInt8>, _ other: UnsafePointer<UInt8>) -> Float {
    let sum = shares.withUnsafeBufferPointer { shares in
      var sum: Int32 = 0
      for block in 0..<Self.byteCount {
        // Each mean was rounded by up to a half, so the exact means may be closer by 1.
        let difference = max(0, abs(Int32(one[block]) - Int32(other[block])) - 1)
        sum &+= shares[block] &* (difference &* difference)
      }
      return sum
    }
    return (Float(sum) / Float(Self.scale)).squareRoot()
  }
}
