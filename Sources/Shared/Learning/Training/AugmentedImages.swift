// Applies augmentation to batches of training images: changes the images, then mixes them. Examples show the result.

import Compute
import Execution
import Inference
import TensorStream

/// Augments the training images of a run, batch by batch.
struct AugmentedImages {
  private let augmentation: Augmentation
  private let shape: ImageShape
  private let seed: UInt64
  private let changed: ChangedImages
  private let mixed: MixedImages?
  private let engine: Engine

  /// Returns `nil` if images stay as they are.
  init?(_ augmentation: Augmentation, shape: ImageShape, seed: UInt64, batchCapacity: Int, engine: Engine) {
    guard augmentation != .none else { return nil }
    self.augmentation = augmentation
    self.shape = shape
    self.seed = seed
    self.engine = engine
    changed = ChangedImages(shape, capacity: batchCapacity)
    mixed = augmentation.mixes ? MixedImages(shape, capacity: batchCapacity) : nil
  }

  /// Whether each image becomes a mixture of two images of its batch.
  var mixes: Bool { mixed != nil }

  /// Returns the images of a batch as they are shown at these times. Valid until the next call.
  ///
  /// - Complexity: O(bytes of the images).
  func batch(_ images: ImageBatch, at times: ShownTimes) -> ImageBatch {
    let batch = changed.batch(images, on: engine) { position in change(images, position, at: times) }
    guard let mixed else { return batch }
    let partners = ImageMixture.partners(
      seed: seed, time: times[0], first: images.count > 0 ? images.number(0) : 0, count: images.count)
    return mixed.batch(batch, partners: partners, on: engine) { position in
      ImageMixture(
        augmentation, shape: shape, seed: seed, time: times[position], index: images.number(position))
    }
  }

  /// Returns how the image at a position of the batch is changed, before images are mixed.
  func change(_ images: ImageBatch, _ position: Int, at times: ShownTimes) -> ImageChange {
    ImageChange(
      augmentation, shape: shape, seed: seed, time: times[position], index: images.number(position))
  }

  /// Returns the second labels of the latest batch, whose images have the labels `labels`; `nil` if images are not
  /// mixed. Valid until the next call.
  ///
  /// - Complexity: O(n) for n labels.
  func mixture(_ labels: UnsafeBufferPointer<UInt8>) -> LabelMixture? { mixed?.mixture(labels) }
}

/// Memory for a batch of mixed images, their second labels and their shares.
private final class MixedImages: @unchecked Sendable {
  private let shape: ImageShape
  private let images: ChangedImages
  /// The labels of the partners, [capacity].
  private let otherLabels: UnsafeMutableBufferPointer<UInt8>
  /// The images' own shares of their mixtures, [capacity].
  private let shares: UnsafeMutableBufferPointer<Float>
  /// The position of each image's partner in the latest batch.
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

  /// Mixes each image of the batch with its partner, as `mixture` says for its position.
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

// MARK: - Examples

/// A few training images beside their augmented forms, for a person to look at. They are in reading order, row by row:
/// each row has one image as it is, then as it is shown the first times.
public struct AugmentedExamples {
  /// The pixels of each image, [height, width, channels].
  public private(set) var images: [[UInt8]] = []
  public private(set) var labels: [Int] = []

  /// Takes `count` images, or all if there are fewer: the first image of each class, then the second of each, and so
  /// on. `times` is the number of augmented forms of each. Images that are mixed are mixed with each other, as if they
  /// were a batch. Throws ``FileError``.
  ///
  /// - Complexity: O(n log n + count · times · b) for n images of b bytes in the data set.
  public init(of data: Dataset, _ settings: TrainingSettings, count: Int, times: Int, engine: Engine)
    throws
  {
    let chosen = Array(Self.inTurn(data).prefix(count))
    let byteCount = data.shape.byteCount
    var rows = [[[UInt8]]](repeating: [], count: chosen.count)
    let augmented = AugmentedImages(
      settings.augmentation, shape: data.shape, seed: settings.seed, batchCapacity: chosen.count,
      engine: engine)
    try data.store.withBatch(chosen[...]) { batch in
      for time in 0...times {
        let shown = time == 0 ? batch : augmented?.batch(batch, at: .all(time)) ?? batch
        for row in rows.indices { rows[row].append(Array(shown.image(row, byteCount: byteCount))) }
      }
    }
    images = rows.flatMap { $0 }
    labels = chosen.flatMap { Array(repeating: Int(data.labels[$0]), count: times + 1) }
  }

  /// Returns the numbers of all images: the first of each class, the second of each, and so on.
  ///
  /// - Complexity: O(n log n) for n images.
  private static func inTurn(_ data: Dataset) -> [Int] {
    var seen = [Int](repeating: 0, count: 256)
    let places = data.labels.enumerated().map { index, label in
      defer { seen[Int(label)] += 1 }
      return (round: seen[Int(label)], label: label, index: index)
    }
    return places.sorted { ($0.round, $0.label) < ($1.round, $1.label) }.map(\.index)
  }
}
