// Changes a batch of images: writes them once, as bytes, into memory of its own, before the network reads them.

import Compute
import Execution
import TensorStream

/// Memory for a batch of changed images, reused for each batch.
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

  /// The number of images in a task. Each takes about a microsecond, spent mostly on waiting for memory.
  private static let imagesPerTask = 16

  /// Returns the batch's images, each changed as `change` says for its position. Valid until the next call.
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
