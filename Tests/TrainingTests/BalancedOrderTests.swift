// Epochs that show all classes equally often: the counts, the rounds, and the changes of repeated images.

import Compute
import NetworkSamples
import TensorStream
import Testing

@testable import Execution
@testable import Inference
@testable import Networks
@testable import Training

@Suite struct BalancedOrderTests {
  /// Returns labels of classes of unequal size, in no particular order.
  private func labels(_ counts: [Int]) -> [UInt8] {
    let sorted = counts.enumerated().flatMap { [UInt8](repeating: UInt8($0), count: $1) }
    // A stride that is coprime to the count visits each place once.
    return sorted.indices.map { sorted[$0 * 7919 % sorted.count] }
  }

  private static let sizes: [[Int]] = [
    [1], [1, 1], [5, 5, 5], [100, 1], [83, 10, 3], [0, 40, 0, 7, 1], [60, 30, 15, 7, 4, 2, 1],
    [300, 1, 1, 1, 1, 1, 1, 1],
  ]

  /// Returns the images that each epoch shows, and how many times each image has been shown.
  private func shown(_ labels: [UInt8], epochs: Int, seed: UInt64 = 1) -> [[ShownImage]] {
    let order = BalancedOrder(labels, classCount: 8, seed: seed)
    return (1...epochs).map(order.images)
  }

  @Test(arguments: sizes) func allClassesAreShownEquallyOften(_ sizes: [Int]) {
    let labels = labels(sizes)
    let present = Set(labels).sorted()
    var totals = [UInt8: Int]()
    for (epoch, images) in shown(labels, epochs: 20).enumerated() {
      #expect(images.count == labels.count)
      var counts = [UInt8: Int]()
      for image in images { counts[labels[image.index], default: 0] += 1 }
      let share = labels.count / present.count
      #expect(present.allSatisfy { (share...share + 1).contains(counts[$0] ?? 0) }, "\(counts)")
      totals.merge(counts) { $0 + $1 }
      // All epochs together are as balanced as one.
      let even = (epoch + 1) * labels.count / present.count
      #expect(present.allSatisfy { (even...even + 1).contains(totals[$0] ?? 0) }, "\(totals)")
    }
  }

  /// Across epochs, no image is shown a second time before all of its class have been shown once, and so on.
  @Test(arguments: sizes) func roundsAreComplete(_ sizes: [Int]) {
    let labels = labels(sizes)
    var times = [Int](repeating: 0, count: labels.count)
    for image in shown(labels, epochs: 30).joined() {
      let own = labels.indices.filter { labels[$0] == labels[image.index] }
      // An image that has been shown more often than another of its class is ahead of it by one.
      #expect(times[image.index] == own.map { times[$0] }.min())
      times[image.index] += 1
      #expect(image.time == times[image.index])
    }
  }

  @Test func anEpochDoesNotDependOnEarlierOnes() {
    let labels = labels([60, 30, 4])
    let all = shown(labels, epochs: 12)
    let order = BalancedOrder(labels, classCount: 3, seed: 1)
    for epoch in [12, 3, 7, 1] { #expect(order.images(ofEpoch: epoch) == all[epoch - 1]) }
    #expect(shown(labels, epochs: 12, seed: 2) != all)
  }

  /// Each image is equally often the first of a round: here 4 images in 4,000 rounds.
  @Test func roundsAreShuffled() {
    var firsts = [Int](repeating: 0, count: 4)
    var repeated = 0
    var last: Int?
    for image in shown(labels([4]), epochs: 4000) {
      firsts[image[0].index] += 1
      if image[0].index == last { repeated += 1 }
      last = image[3].index
    }
    // Six standard deviations of counts whose mean is 1,000.
    #expect(firsts.allSatisfy { abs($0 - 1000) <= 165 }, "\(firsts)")
    #expect(abs(repeated - 1000) <= 165)
  }

  // MARK: - The order of an epoch

  private func order(_ labels: [UInt8], epoch: Int, extents: ImageExtents? = nil) -> EpochOrder {
    EpochOrder(
      BalancedOrder(labels, classCount: 3, seed: 4), labels, epoch: epoch, seed: 4, extents: extents,
      batchSize: 16)
  }

  @Test func classesAreMixed() {
    let labels = labels([200, 30, 4])
    let order = order(labels, epoch: 3)
    let images = zip(order.indexes, 0..<order.count).map { index, place in
      ShownImage(index: index, time: order.times(place..<place + 1)[0])
    }
    let drawn = BalancedOrder(labels, classCount: 3, seed: 4).images(ofEpoch: 3)
    func isBefore(_ one: ShownImage, _ other: ShownImage) -> Bool {
      (one.index, one.time) < (other.index, other.time)
    }
    #expect(images != drawn && images.sorted(by: isBefore) == drawn.sorted(by: isBefore))
    #expect(order.labels == order.indexes.map { labels[$0] })
    // 234 images, 78 of each class: six standard deviations of the counts in the first half.
    for label: UInt8 in 0..<3 {
      #expect(abs(order.labels[..<117].count { $0 == label } - 39) <= 22)
    }
  }

  /// Batches hold the same images. Within a batch, images of similar extent are neighbours.
  @Test func batchesCanBeSortedByExtent() throws {
    let data = Dataset.pictures(90)
    let labels = labels([70, 15, 5])
    let extents = try ImageExtents(
      of: data, engine: Engine(instructionSet: .best, jobs: 1))
    let (plain, sorted) = (order(labels, epoch: 2), order(labels, epoch: 2, extents: extents))
    for start in stride(from: 0, to: 90, by: 16) {
      let places = start..<min(start + 16, 90)
      func images(_ order: EpochOrder) -> [[Int]] {
        let times = order.times(places)
        return places.map { [order.indexes[$0], times[$0 - start]] }
          .sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }
      }
      #expect(images(plain) == images(sorted))
      let keys = sorted.indexes[places].map { extents.key(of: $0) }
      #expect(keys == keys.sorted())
    }
  }

  // MARK: - Runs

  /// The learning rate is too small to change a weight. So the loss of an epoch is that of the first weights on the
  /// images as they are shown. An image that is shown twice is changed in two ways.
  @Test func repeatedImagesAreChangedDifferently() throws {
    let data = Dataset.pictures(60).selecting(Array(0..<40) + [41, 42])
    let augmentation = Augmentation(
      flips: true, shift: 2, erasing: RandomErasing(probability: 0.5), cutout: 3)
    let settings = TrainingSettings.sample(epochs: 3, batchSize: 42, learningRate: 1e-30).with {
      $0.augmentation = augmentation
      $0.sampling = .balanced
    }
    let labels = data.labels.indices.map { UInt8($0 < 36 ? 0 : $0 < 40 ? 1 : 2) }
    let uneven = Dataset(shape: data.shape, images: data.images, labels: labels, classes: nil, history: [])
    let specification = "conv:5 relu pool linear:20 relu"
    let run = try Run(specification, on: uneven, settings)
    let start = settings.initialization.parameters(
      for: try Architecture(specification: specification, input: data.shape, classCount: 4),
      seed: settings.seed)
    for report in run.reports {
      let shown = BalancedOrder(labels, classCount: 4, seed: settings.seed).images(ofEpoch: report.epoch)
      let seen = shown.map { image in
        var changed = [UInt8](repeating: 0, count: data.shape.byteCount)
        ImageChange(
          augmentation, shape: data.shape, seed: settings.seed, time: image.time, index: image.index
        ).write(data.selecting([image.index]).images, data.shape, to: &changed)
        return changed
      }
      // The 4 images of class 1 are shown 14 times in all, and no two are alike.
      let rare = zip(shown, seen).filter { labels[$0.0.index] == 1 }.map(\.1)
      #expect(rare.count == 14 && Set(rare).count == 14)
      let expected = try figures(
        specification, start,
        on: Dataset(
          shape: data.shape, images: seen.flatMap(\.self), labels: shown.map { labels[$0.index] },
          classes: nil, history: []))
      #expect(abs(report.training.loss - expected.loss) <= 1e-12)
    }
  }
}
