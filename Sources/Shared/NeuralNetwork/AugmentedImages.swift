// Changed images: a batch is written once, as bytes, into memory of its own, before the network reads it.

import Compute
import RandomNumbers
import TensorStream

extension ImageChange {
  /// Writes the changed image, [height, width, channels]; `target` is not `source`.
  func write(_ source: UnsafePointer<UInt8>, _ shape: ImageShape, to target: UnsafeMutablePointer<UInt8>) {
    let rowByteCount = shape.width * shape.channels
    // Of each row, what comes from the source, and the zeros on one side of it.
    let first = min(max(right, 0), shape.width)
    let kept = max(0, shape.width - abs(right))
    for y in 0..<shape.height {
      let row = target + y * rowByteCount
      let sourceY = y - down
      guard sourceY >= 0, sourceY < shape.height, kept > 0 else {
        row.update(repeating: 0, count: rowByteCount)
        continue
      }
      let sourceRow = source + sourceY * rowByteCount
      let start = row + first * shape.channels
      if isFlipped {
        // Column x shows column x − right of the mirror image, which is column width − 1 − (x − right) of the image.
        let last = shape.width - 1 - (first - right)
        if shape.channels == 1 {
          Self.reverse(sourceRow + (last - (kept - 1)), to: start, count: kept)
        } else {
          for pixel in 0..<kept {
            (start + pixel * shape.channels)
              .update(from: sourceRow + (last - pixel) * shape.channels, count: shape.channels)
          }
        }
      } else {
        start.update(from: sourceRow + (first - right) * shape.channels, count: kept * shape.channels)
      }
      row.update(repeating: 0, count: first * shape.channels)
      let end = (first + kept) * shape.channels
      (row + end).update(repeating: 0, count: rowByteCount - end)
    }
    if let erased { erase(erased, shape, of: target) }
  }

  /// Bytes in the opposite order: eight at a time, and the last few one by one.
  private static func reverse(
    _ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    var done = 0
    while done + 8 <= count {
      let bytes = UnsafeRawPointer(source + (count - done - 8)).loadUnaligned(as: UInt64.self)
      UnsafeMutableRawPointer(target + done).storeBytes(of: bytes.byteSwapped, as: UInt64.self)
      done += 8
    }
    while done < count {
      target[done] = source[count - 1 - done]
      done += 1
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

  /// Images are shared out so many at a time: one takes a quarter of a microsecond.
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
