// Changed images: a batch is written once, as bytes, into memory of its own, before the network reads it.

import Execution
import Compute
import RandomNumbers
import TensorStream

extension ImageChange {
  /// Writes the changed image, [height, width, channels]; `target` is not `source`.
  func write(_ source: UnsafePointer<UInt8>, _ shape: ImageShape, to target: UnsafeMutablePointer<UInt8>) {
    let rowByteCount = shape.width * shape.channels
    // The rows and columns of the result that are not moved in from beyond the edges.
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
      // Rows lie one behind the other, so that one run has them all. What it brings to the edges is overwritten below.
      firstTarget.update(
        from: firstSource + (columns.lowerBound - right) * shape.channels,
        count: (rows.count - 1) * rowByteCount + columns.count * shape.channels)
    }
    let edge = (right > 0 ? 0 : columns.upperBound) * shape.channels
    let edgeByteCount = abs(right) * shape.channels
    if edgeByteCount > 0 {
      for y in rows { (target + y * rowByteCount + edge).update(repeating: 0, count: edgeByteCount) }
    }
    if let erased { erase(erased, shape, of: target) }
  }

  /// Pixels in the opposite order.
  private static func reverse(
    _ source: UnsafePointer<UInt8>, pixels: Int, channels: Int, to target: UnsafeMutablePointer<UInt8>
  ) {
    guard channels == 1 else {
      for pixel in 0..<pixels {
        (target + (pixels - 1 - pixel) * channels).update(from: source + pixel * channels, count: channels)
      }
      return
    }
    // Eight bytes at once; the last eight may overlap those before, and are the same where they do.
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
    _ rectangle: ErasedRectangle, _ shape: ImageShape, of image: UnsafeMutablePointer<UInt8>
  ) {
    var noise = noise
    let byteCount = rectangle.width * shape.channels
    for y in rectangle.top..<rectangle.top + rectangle.height {
      let start = image + (y * shape.width + rectangle.left) * shape.channels
      switch fill {
      case .value(let value): start.update(repeating: value, count: byteCount)
      case .random:
        // A number's eight bytes, one after the other.
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

/// Memory for a batch of changed images, written anew for each batch.
final class ChangedImages: @unchecked Sendable {
  private let shape: ImageShape
  private let capacity: Int
  private let bytes: UnsafeMutablePointer<UInt8>

  init(_ shape: ImageShape, capacity: Int) {
    self.shape = shape
    self.capacity = capacity
    bytes = .allocate(capacity: capacity * shape.byteCount)
    bytes.initialize(repeating: 0, count: capacity * shape.byteCount)
  }

  deinit { bytes.deallocate() }

  /// Images are shared out so many at a time: one takes a microsecond, most of which it waits for memory.
  private static let imagesPerTask = 16

  /// The batch's images, each changed by what `change` says of its number (its position, where the batch has no
  /// indexes). Valid until the next call.
  func batch(_ images: ImageBatch, on engine: Engine, _ change: (Int) -> ImageChange) -> ImageBatch {
    precondition(images.count <= capacity, "a batch of \(images.count)")
    let tasks = (images.count + Self.imagesPerTask - 1) / Self.imagesPerTask
    engine.workers.forEach(tasks) { task, _ in
      let first = task * Self.imagesPerTask
      for position in first..<min(first + Self.imagesPerTask, images.count) {
        let source = images.image(position, byteCount: shape.byteCount).baseAddress!
        change(images.indexes?[position] ?? position)
          .write(source, shape, to: bytes + position * shape.byteCount)
      }
    }
    return ImageBatch(
      bytes: UnsafeBufferPointer(start: bytes, count: images.count * shape.byteCount), count: images.count)
  }
}

/// The training images as a run sees them, batch by batch.
struct AugmentedImages {
  private let augmentation: Augmentation
  private let shape: ImageShape
  private let seed: UInt64
  private let memory: ChangedImages
  private let engine: Engine

  /// `nil` where images stay as they are.
  init?(_ augmentation: Augmentation, shape: ImageShape, seed: UInt64, batchCapacity: Int, engine: Engine) {
    guard augmentation != .none else { return nil }
    self.augmentation = augmentation
    self.shape = shape
    self.seed = seed
    self.engine = engine
    memory = ChangedImages(shape, capacity: batchCapacity)
  }

  /// The batch as epoch `epoch`, from 1, shows it. Valid until the next call.
  func batch(_ images: ImageBatch, epoch: Int) -> ImageBatch {
    memory.batch(images, on: engine) { index in
      ImageChange(augmentation, shape: shape, seed: seed, epoch: epoch, index: index)
    }
  }
}
