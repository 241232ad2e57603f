// A batch of changed images: written once, as bytes, into memory of its own, before the network reads it.

import Compute
import Execution
import TensorStream

/// Memory for a batch of changed images, written anew for each batch.
package final class ChangedImages: @unchecked Sendable {
  private let shape: ImageShape
  private let capacity: Int
  private let bytes: UnsafeMutablePointer<UInt8>

  package init(_ shape: ImageShape, capacity: Int) {
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
  package func batch(_ images: ImageBatch, on engine: Engine, _ change: (Int) -> ImageChange) -> ImageBatch {
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
