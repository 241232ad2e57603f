// Changes of images before a network reads them: views to average over, and augmentation in training.

import Compute
import Execution
import RandomNumbers
import TensorStream

/// A rectangle of pixels that begins in row `top` and column `left`.
package struct PixelRectangle: Equatable {
  package var top: Int
  package var left: Int
  package var height: Int
  package var width: Int

  package init(top: Int, left: Int, height: Int, width: Int) {
    self.top = top
    self.left = left
    self.height = height
    self.width = width
  }
}

/// What fills an erased rectangle.
public enum ErasureFill: Equatable, Sendable {
  /// Random bytes, the best in the comparison of Zhong et al. 2020, "Random Erasing Data Augmentation".
  case random
  /// One value for all bytes.
  case value(UInt8)
}

/// What fills the edges of an image that is moved.
public enum ImageEdge: String, CaseIterable, Sendable {
  /// Zeros, which are black.
  case zero
  /// The image's own pixels, mirrored at its edge. The outermost pixel is not repeated, as in PyTorch's `reflect`.
  case reflect
}

/// The changes of one image.
package struct ImageChange {
  package var isFlipped = false
  /// The number of pixels by which the image moves down; up if negative.
  package var down = 0
  /// The number of pixels by which the image moves to the right; to the left if negative.
  package var right = 0
  /// The angle by which the image is turned around its middle, in radians, clockwise.
  package var turn = 0.0
  /// The factor by which its sides are multiplied.
  package var size = 1.0
  package var edge = ImageEdge.zero
  package var tones: ToneChange?
  package var erased: PixelRectangle?
  /// The rectangle that becomes 0, after the other has been erased.
  package var cutOut: PixelRectangle?
  package var fill = ErasureFill.random
  /// The generator of random bytes.
  package var noise = SplitMix64(seed: 0)

  /// No change.
  package init() {}
}

extension ImageChange {
  /// Writes the changed image, [height, width, channels]. `target` must not be `source`.
  ///
  /// - Complexity: O(bytes of the image).
  package func write(
    _ source: UnsafePointer<UInt8>, _ shape: ImageShape, to target: UnsafeMutablePointer<UInt8>
  ) {
    if isBetweenPixels {
      writeTransformed(source, shape, to: target)
    } else if edge == .reflect && (down != 0 || right != 0) {
      writeReflected(source, shape, to: target)
    } else {
      writeMoved(source, shape, to: target)
    }
    tones?.apply(to: target, count: shape.byteCount)
    if let erased { erase(erased, shape, of: target, fill) }
    if let cutOut { erase(cutOut, shape, of: target, .value(0)) }
  }

  /// Moves an image and fills its edges with 0.
  private func writeMoved(
    _ source: UnsafePointer<UInt8>, _ shape: ImageShape, to target: UnsafeMutablePointer<UInt8>
  ) {
    let rowByteCount = shape.width * shape.channels
    // The rows and columns of the result that do not come from beyond the edges.
    let rows = max(down, 0)..<max(max(down, 0), shape.height + min(down, 0))
    let columns = max(right, 0)..<max(max(right, 0), shape.width + min(right, 0))
    guard !rows.isEmpty, !columns.isEmpty else {
      return target.update(repeating: 0, count: shape.byteCount)
    }
    target.update(repeating: 0, count: rows.lowerBound * rowByteCount)
    (target + rows.upperBound * rowByteCount)
      .update(repeating: 0, count: (shape.height - rows.upperBound) * rowByteCount)
    let firstSource = source + (rows.lowerBound - down) * rowByteCount
    let firstTarget = target + rows.lowerBound * rowByteCount + columns.lowerBound * shape.channels
    if isFlipped {
      // Column x shows column width − 1 − (x − right); the last of them is the first in the source's row.
      let column = shape.width - columns.upperBound + right
      for row in 0..<rows.count {
        Self.reverse(
          firstSource + row * rowByteCount + column * shape.channels, pixels: columns.count,
          channels: shape.channels, to: firstTarget + row * rowByteCount)
      }
    } else {
      // Rows follow each other without gaps, so one copy moves them all. What it writes to the edges is overwritten
      // below.
      firstTarget.update(
        from: firstSource + (columns.lowerBound - right) * shape.channels,
        count: (rows.count - 1) * rowByteCount + columns.count * shape.channels)
    }
    let edge = (right > 0 ? 0 : columns.upperBound) * shape.channels
    let edgeByteCount = abs(right) * shape.channels
    if edgeByteCount > 0 {
      for y in rows { (target + y * rowByteCount + edge).update(repeating: 0, count: edgeByteCount) }
    }
  }

  /// Moves an image and fills its edges with its own pixels, mirrored.
  private func writeReflected(
    _ source: UnsafePointer<UInt8>, _ shape: ImageShape, to target: UnsafeMutablePointer<UInt8>
  ) {
    let rowByteCount = shape.width * shape.channels
    for y in 0..<shape.height {
      let row = source + Self.reflected(y - down, shape.height) * rowByteCount
      let targetRow = target + y * rowByteCount
      for x in 0..<shape.width {
        let column = Self.reflected(x - right, shape.width)
        let pixel = row + (isFlipped ? shape.width - 1 - column : column) * shape.channels
        (targetRow + x * shape.channels).update(from: pixel, count: shape.channels)
      }
    }
  }

  /// Returns the place in 0 ..< count that appears at `place`, which may lie far beyond, when the edges mirror
  /// repeatedly.
  static func reflected(_ place: Int, _ count: Int) -> Int {
    guard count > 1 else { return 0 }
    let place = abs(place) % (2 * (count - 1))
    return place < count ? place : 2 * (count - 1) - place
  }

  /// Copies pixels in reverse order.
  private static func reverse(
    _ source: UnsafePointer<UInt8>, pixels: Int, channels: Int, to target: UnsafeMutablePointer<UInt8>
  ) {
    guard channels == 1 else {
      for pixel in 0..<pixels {
        (target + (pixels - 1 - pixel) * channels).update(from: source + pixel * channels, count: channels)
      }
      return
    }
    // Eight bytes at a time. The last eight may overlap those before them, with the same values.
    guard pixels >= 8 else {
      for pixel in 0..<pixels { target[pixels - 1 - pixel] = source[pixel] }
      return
    }
    for start in stride(from: 0, to: pixels, by: 8) {
      let start = min(start, pixels - 8)
      let bytes = UnsafeRawPointer(source + start).loadUnaligned(as: UInt64.self)
      UnsafeMutableRawPointer(target + (pixels - 8 - start))
        .storeBytes(of: bytes.byteSwapped, as: UInt64.self)
    }
  }

  private func erase(
    _ rectangle: PixelRectangle, _ shape: ImageShape, of image: UnsafeMutablePointer<UInt8>,
    _ fill: ErasureFill
  ) {
    var noise = noise
    let byteCount = rectangle.width * shape.channels
    for y in rectangle.top..<rectangle.top + rectangle.height {
      let start = image + (y * shape.width + rectangle.left) * shape.channels
      switch fill {
      case .value(let value): start.update(repeating: value, count: byteCount)
      case .random:
        // Each random number supplies eight bytes.
        var bytes: UInt64 = 0
        for offset in 0..<byteCount {
          if offset % 8 == 0 { bytes = noise.next() }
          start[offset] = UInt8(truncatingIfNeeded: bytes)
          bytes >>= 8
        }
      }
    }
  }
}

// MARK: - Batches

/// Memory for a batch of changed images, reused for each batch. Images are written once, as bytes, before the network
/// reads them.
package final class ChangedImages: @unchecked Sendable {
  private let shape: ImageShape
  private let capacity: Int
  /// The changed images, [capacity, height, width, channels].
  private let bytes: UnsafeMutablePointer<UInt8>

  /// Allocates memory for batches of up to `capacity` images.
  ///
  /// - Complexity: O(capacity · bytes of an image), in time and memory.
  package init(_ shape: ImageShape, capacity: Int) {
    self.shape = shape
    self.capacity = capacity
    bytes = .allocate(capacity: capacity * shape.byteCount)
    bytes.initialize(repeating: 0, count: capacity * shape.byteCount)
  }

  deinit { bytes.deallocate() }

  /// The number of images in a task. Each takes about a microsecond, spent mostly on waiting for memory.
  private static let imagesPerTask = 16

  /// Returns the batch's images, each changed as `change` says for its position. Valid until the next call.
  ///
  /// - Complexity: O(bytes of the images).
  package func batch(_ images: ImageBatch, on engine: Engine, _ change: (Int) -> ImageChange) -> ImageBatch {
    batch(images.count, on: engine) { position, target in
      let source = images.image(position, byteCount: shape.byteCount).baseAddress!
      change(position).write(source, shape, to: target)
    }
  }

  /// Returns a batch of `count` images. `write` writes each to its place, given its position, on any thread. Valid
  /// until the next call.
  package func batch(
    _ count: Int, on engine: Engine, _ write: (_ position: Int, _ target: UnsafeMutablePointer<UInt8>) -> Void
  ) -> ImageBatch {
    precondition(count <= capacity, "a batch of \(count)")
    engine.forEachRun(count, length: Self.imagesPerTask) { positions in
      for position in positions { write(position, bytes + position * shape.byteCount) }
    }
    return ImageBatch(
      bytes: UnsafeBufferPointer(start: bytes, count: count * shape.byteCount), count: count)
  }
}
