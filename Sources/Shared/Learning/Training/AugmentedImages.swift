// The training images as a run sees them: changed and mixed, batch by batch.

import Compute
import Execution
import Inference
import TensorStream

/// The training images as a run sees them, batch by batch.
struct AugmentedImages {
  private let augmentation: Augmentation
  private let shape: ImageShape
  private let seed: UInt64
  private let changed: ChangedImages
  private let mixed: MixedImages?
  private let engine: Engine

  /// `nil` where images stay as they are.
  init?(_ augmentation: Augmentation, shape: ImageShape, seed: UInt64, batchCapacity: Int, engine: Engine) {
    guard augmentation != .none else { return nil }
    self.augmentation = augmentation
    self.shape = shape
    self.seed = seed
    self.engine = engine
    changed = ChangedImages(shape, capacity: batchCapacity)
    mixed = augmentation.mixes ? MixedImages(shape, capacity: batchCapacity) : nil
  }

  /// Whether images become mixtures of several of a batch.
  var mixes: Bool { mixed != nil }

  /// The batch as it is shown at these times. Valid until the next call.
  func batch(_ images: ImageBatch, at times: ShownTimes) -> ImageBatch {
    let batch = changed.batch(images, on: engine) { position in
      ImageChange(
        augmentation, shape: shape, seed: seed, time: times[position], index: images.number(position))
    }
    guard let mixed else { return batch }
    let partners = ImageMixture.partners(
      seed: seed, time: times[0], first: images.count > 0 ? images.number(0) : 0, count: images.count)
    return mixed.batch(batch, partners: partners, on: engine) { position in
      ImageMixture(
        augmentation, shape: shape, seed: seed, time: times[position], index: images.number(position))
    }
  }

  /// The second labels of the latest batch, whose images have these labels; `nil` where images are not mixed. Valid until
  /// the next call.
  func mixture(_ labels: UnsafeBufferPointer<UInt8>) -> LabelMixture? { mixed?.mixture(labels) }
}

/// Memory for a batch of mixed images, and for what their labels are made of.
private final class MixedImages: @unchecked Sendable {
  private let shape: ImageShape
  private let images: ChangedImages
  private let otherLabels: UnsafeMutableBufferPointer<UInt8>
  private let shares: UnsafeMutableBufferPointer<Float>
  /// The place of each image's partner in the latest batch.
  private var partners: [Int] = []

  init(_ shape: ImageShape, capacity: Int) {
    self.shape = shape
    images = ChangedImages(shape, capacity: capacity)
    otherLabels = .allocate(capacity: capacity)
    shares = .allocate(capacity: capacity)
    otherLabels.initialize(repeating: 0)
    shares.initialize(repeating: 1)
  }

  deinit {
    otherLabels.deallocate()
    shares.deallocate()
  }

  /// The batch's images, each mixed with that of its partner's place as `mixture` says of its position.
  func batch(
    _ batch: ImageBatch, partners: [Int], on engine: Engine, _ mixture: (Int) -> ImageMixture
  ) -> ImageBatch {
    self.partners = partners
    return images.batch(batch.count, on: engine) { position, target in
      let drawn = mixture(position)
      shares[position] = drawn.share(of: shape)
      let partner = batch.image(partners[position], byteCount: shape.byteCount)
      drawn.write(
        batch.image(position, byteCount: shape.byteCount).baseAddress!, partner.baseAddress!, shape,
        to: target)
    }
  }

  func mixture(_ labels: UnsafeBufferPointer<UInt8>) -> LabelMixture {
    for position in labels.indices { otherLabels[position] = labels[partners[position]] }
    return LabelMixture(
      otherLabels: UnsafeBufferPointer(rebasing: otherLabels[..<labels.count]),
      shares: UnsafeBufferPointer(rebasing: shares[..<labels.count]))
  }
}
