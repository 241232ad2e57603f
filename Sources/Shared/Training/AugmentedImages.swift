// The training images as a run sees them: changed, batch by batch.

import Compute
import Execution
import Inference
import TensorStream

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
