// Augmented training images: each change pixel by pixel, and the random draws for each image and epoch.

import Compute
import NetworkSamples
import RandomNumbers
import TensorStream
import Testing

@testable import Networks
@testable import Execution
@testable import Inference
@testable import Training

@Suite struct AugmentationTests {
  // MARK: - Pixels

  /// Returns a changed image, and checks that the memory around it stays unchanged.
  private func changed(_ image: [UInt8], _ shape: ImageShape, _ change: ImageChange) -> [UInt8] {
    let guardCount = 40
    var memory = [UInt8](repeating: 0xA5, count: shape.byteCount + 2 * guardCount)
    memory.withUnsafeMutableBufferPointer { memory in
      image.withUnsafeBufferPointer { image in
        change.write(image.baseAddress!, shape, to: memory.baseAddress! + guardCount)
      }
    }
    #expect(memory.prefix(guardCount).allSatisfy { $0 == 0xA5 })
    #expect(memory.suffix(guardCount).allSatisfy { $0 == 0xA5 })
    return Array(memory[guardCount..<guardCount + shape.byteCount])
  }

  private func change(
    flipped: Bool = false, down: Int = 0, right: Int = 0, edge: ImageEdge = .zero
  ) -> ImageChange {
    var change = ImageChange(.none, shape: Self.small, seed: 0, time: 1, index: 0)
    change.edge = edge
    change.isFlipped = flipped
    change.down = down
    change.right = right
    return change
  }

  private static let small = ImageShape(height: 2, width: 3, channels: 1)
  private static let picture: [UInt8] = [
    1, 2, 3,
    4, 5, 6,
  ]

  @Test func imagesAreMirroredLeftToRight() {
    #expect(changed(Self.picture, Self.small, change(flipped: true)) == [3, 2, 1, 6, 5, 4])
  }

  @Test func blackFillsTheEdgesOfMovedImages() {
    #expect(changed(Self.picture, Self.small, change(down: 1)) == [0, 0, 0, 1, 2, 3])
    #expect(changed(Self.picture, Self.small, change(down: -1)) == [4, 5, 6, 0, 0, 0])
    #expect(changed(Self.picture, Self.small, change(right: 1)) == [0, 1, 2, 0, 4, 5])
    #expect(changed(Self.picture, Self.small, change(right: -2)) == [3, 0, 0, 6, 0, 0])
    #expect(changed(Self.picture, Self.small, change(down: 1, right: -1)) == [0, 0, 0, 2, 3, 0])
    #expect(changed(Self.picture, Self.small, change(right: 3)) == [0, 0, 0, 0, 0, 0])
  }

  @Test func reflectedPixelsFillTheEdgesOfMovedImages() {
    func moved(flipped: Bool = false, _ down: Int, _ right: Int) -> [UInt8] {
      changed(Self.picture, Self.small, change(flipped: flipped, down: down, right: right, edge: .reflect))
    }
    #expect(moved(1, 0) == [4, 5, 6, 1, 2, 3])
    #expect(moved(-1, 0) == [4, 5, 6, 1, 2, 3])
    #expect(moved(0, 1) == [2, 1, 2, 5, 4, 5])
    #expect(moved(0, 2) == [3, 2, 1, 6, 5, 4])
    #expect(moved(0, -1) == [2, 3, 2, 5, 6, 5])
    #expect(moved(flipped: true, 0, 1) == [2, 3, 2, 5, 6, 5])
    #expect(moved(0, 0) == Self.picture)
  }

  /// The edges of NumPy's `reflect` padding, with colours. A single row or column is its own mirror image.
  @Test(arguments: [1, 3], [1, 2, 7, 9])
  func reflectedEdgesFollowTheDefinition(_ channels: Int, _ width: Int) {
    let shape = ImageShape(height: 4, width: width, channels: channels)
    var random = SplitMix64(seed: 7)
    let picture = (0..<shape.byteCount).map { _ in UInt8(random.next(below: 256)) }
    // Walks back and forth through the places.
    func place(_ place: Int, _ count: Int) -> Int {
      guard count > 1 else { return 0 }
      let period = 2 * (count - 1)
      let inside = (place % period + period) % period
      return inside < count ? inside : period - inside
    }
    for isFlipped in [false, true] {
      for down in -3...3 {
        for right in -(width - 1)...(width - 1) {
          let change = change(flipped: isFlipped, down: down, right: right, edge: .reflect)
          var expected: [UInt8] = []
          for y in 0..<shape.height {
            for x in 0..<width {
              let column = place(x - right, width)
              let pixel = place(y - down, 4) * width + (isFlipped ? width - 1 - column : column)
              expected += picture[pixel * channels..<(pixel + 1) * channels]
            }
          }
          #expect(changed(picture, shape, change) == expected, "\(isFlipped) \(down) \(right)")
        }
      }
    }
  }

  /// A square of 4 is equally likely around each of 6 × 5 pixels. 16 of these 30 squares cover a pixel in the middle.
  @Test func squaresAreCutOutAroundEveryPixelEquallyOften() {
    let shape = ImageShape(height: 6, width: 5, channels: 1)
    let picture = [UInt8](repeating: 9, count: shape.byteCount)
    var counts = [Int](repeating: 0, count: shape.byteCount)
    var kinds: Set<[UInt8]> = []
    let images = 3000
    for index in 0..<images {
      let change = ImageChange(Augmentation(cutout: 4), shape: shape, seed: 3, time: 2, index: index)
      let result = changed(picture, shape, change)
      for (pixel, value) in result.enumerated() {
        #expect(value == 0 || value == 9)
        counts[pixel] += value == 0 ? 1 : 0
      }
      kinds.insert(result)
    }
    // Squares that reach beyond an edge can be alike for different centres.
    #expect(kinds.count <= 30 && kinds.count >= 25)
    for y in 0..<6 {
      for x in 0..<5 {
        // Centres from 1 before the pixel to 2 after it, inside the image.
        let rows = min(y + 2, 5) - max(y - 1, 0) + 1
        let columns = min(x + 2, 4) - max(x - 1, 0) + 1
        let expected = Double(images * rows * columns) / 30
        let deviation = (expected * (1 - expected / Double(images))).squareRoot()
        #expect(abs(Double(counts[y * 5 + x]) - expected) < 6 * deviation, "\(y), \(x): \(counts[y * 5 + x])")
      }
    }
  }

  /// Everything else is drawn the same with cutout and without it.
  @Test func cutoutChangesNoOtherDraw() {
    let shape = ImageShape(height: 9, width: 9, channels: 1)
    let erasing = RandomErasing(probability: 0.5)
    for index in 0..<50 {
      let without = ImageChange(
        Augmentation(flips: true, shift: 2, erasing: erasing), shape: shape, seed: 1, time: 3, index: index)
      let with = ImageChange(
        Augmentation(flips: true, shift: 2, erasing: erasing, cutout: 3), shape: shape, seed: 1, time: 3,
        index: index)
      #expect(without.isFlipped == with.isFlipped && without.down == with.down && without.right == with.right)
      #expect(without.erased == with.erased)
      #expect(without.cutOut == nil && with.cutOut != nil)
    }
  }

  @Test func imagesAreMirroredBeforeTheyAreMoved() {
    #expect(changed(Self.picture, Self.small, change(flipped: true, right: 1)) == [0, 3, 2, 0, 6, 5])
  }

  @Test func channelsStayTogether() {
    let shape = ImageShape(height: 1, width: 3, channels: 3)
    let picture: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    #expect(changed(picture, shape, change(flipped: true)) == [7, 8, 9, 4, 5, 6, 1, 2, 3])
    #expect(changed(picture, shape, change(right: 1)) == [0, 0, 0, 1, 2, 3, 4, 5, 6])
    #expect(changed(picture, shape, change(flipped: true, right: -1)) == [4, 5, 6, 1, 2, 3, 0, 0, 0])
  }

  /// Widths around eight bytes, which are mirrored together, and moves up to beyond the edge.
  @Test(arguments: [1, 3], [1, 7, 8, 9, 15, 16, 17, 28])
  func mirroringAndMovingFollowTheDefinition(_ channels: Int, _ width: Int) {
    let shape = ImageShape(height: 5, width: width, channels: channels)
    var random = SplitMix64(seed: 7)
    let picture = (0..<shape.byteCount).map { _ in UInt8(1 + random.next(below: 255)) }
    for isFlipped in [false, true] {
      for down in -6...6 {
        for right in -(width + 1)...(width + 1) {
          var expected: [UInt8] = []
          for y in 0..<shape.height {
            for x in 0..<width {
              let from = (y: y - down, x: isFlipped ? width - 1 - (x - right) : x - right)
              let isInside = (0..<shape.height).contains(from.y) && (0..<width).contains(from.x)
              for channel in 0..<channels {
                expected.append(isInside ? picture[(from.y * width + from.x) * channels + channel] : 0)
              }
            }
          }
          let change = change(flipped: isFlipped, down: down, right: right)
          #expect(changed(picture, shape, change) == expected, "\(isFlipped) \(down) \(right)")
        }
      }
    }
  }

  @Test(arguments: [1, 3]) func onlyTheRectangleIsErased(_ channels: Int) {
    let shape = ImageShape(height: 6, width: 5, channels: channels)
    let picture = [UInt8](repeating: 9, count: shape.byteCount)
    var change = change()
    change.erased = PixelRectangle(top: 2, left: 1, height: 3, width: 2)
    change.fill = .value(77)
    let result = changed(picture, shape, change)
    for y in 0..<6 {
      for x in 0..<5 {
        let isErased = (2..<5).contains(y) && (1..<3).contains(x)
        let pixel = result[(y * 5 + x) * channels..<(y * 5 + x + 1) * channels]
        #expect(pixel.allSatisfy { $0 == (isErased ? 77 : 9) }, "\(y), \(x)")
      }
    }
  }

  /// 51,200 bytes: each value is expected 200 times. A deviation above 85, six standard ones, is one in a billion.
  @Test func noiseIsUniformOverAllBytes() {
    let shape = ImageShape(height: 16, width: 32, channels: 1)
    var counts = [Int](repeating: 0, count: 256)
    for index in 0..<100 {
      var change = ImageChange(
        Augmentation(erasing: RandomErasing(probability: 1)), shape: shape, seed: 5, time: 1, index: index)
      change.erased = PixelRectangle(top: 0, left: 0, height: 16, width: 32)
      for byte in changed([UInt8](repeating: 0, count: 512), shape, change) { counts[Int(byte)] += 1 }
    }
    #expect(counts.allSatisfy { abs($0 - 200) <= 85 })
  }

  // MARK: - Random draws

  private static let image = ImageShape(height: 28, width: 28, channels: 1)

  private func changes(
    _ augmentation: Augmentation, count: Int, shape: ImageShape = Self.image, seed: UInt64 = 1, epoch: Int = 1
  ) -> [ImageChange] {
    (0..<count).map { ImageChange(augmentation, shape: shape, seed: seed, time: epoch, index: $0) }
  }

  /// 10,000 coins have 5,000 heads, with a standard deviation of 50. Six of these are exceeded once in a billion runs.
  @Test(arguments: [1, 2, 99] as [UInt64])
  func halfOfTheImagesAreMirroredAndEachInEveryOtherEpoch(_ seed: UInt64) {
    let epochs = (1...4).map { epoch in
      changes(Augmentation(flips: true), count: 10_000, seed: seed, epoch: epoch).map(\.isFlipped)
    }
    #expect(abs(epochs[0].count { $0 } - 5_000) <= 300)
    for (one, next) in zip(epochs, epochs.dropFirst()) { #expect(zip(one, next).allSatisfy { $0 != $1 }) }
    let others = changes(Augmentation(flips: true), count: 10_000, seed: seed + 1).map(\.isFlipped)
    #expect(abs(zip(epochs[0], others).count { $0 == $1 } - 5_000) <= 300)
  }

  /// Each of the 25 moves is expected 2,000 times in 50,000, with a standard deviation of 44.
  @Test func allMovesAreEquallyLikely() {
    var counts: [[Int]: Int] = [:]
    for change in changes(Augmentation(shift: 2), count: 50_000) {
      counts[[change.down, change.right], default: 0] += 1
      #expect(!change.isFlipped && change.erased == nil)
    }
    #expect(counts.count == 25)
    #expect(counts.keys.allSatisfy { $0.allSatisfy { abs($0) <= 2 } })
    #expect(counts.values.allSatisfy { abs($0 - 2_000) <= 264 }, "\(counts)")
  }

  @Test func movesDifferFromEpochToEpoch() {
    let augmentation = Augmentation(shift: 2)
    let first = changes(augmentation, count: 10_000, epoch: 1)
    let second = changes(augmentation, count: 10_000, epoch: 2)
    // One move in 25 is the same by chance: 400, with a standard deviation of 20.
    let same = zip(first, second).count { $0.down == $1.down && $0.right == $1.right }
    #expect(abs(same - 400) <= 120)
  }

  @Test(arguments: [0.1, 0.5, 1])
  func rectanglesHaveTheSizesOfThePaper(_ probability: Double) {
    let count = 20_000
    let all = changes(Augmentation(erasing: RandomErasing(probability: probability)), count: count)
    let rectangles = all.compactMap(\.erased)
    let deviation = (Double(count) * probability * (1 - probability)).squareRoot()
    #expect(abs(Double(rectangles.count) - probability * Double(count)) <= 6 * deviation)
    var areas: [Double] = []
    for rectangle in rectangles {
      #expect(rectangle.top >= 0 && rectangle.top + rectangle.height <= 28)
      #expect(rectangle.left >= 0 && rectangle.left + rectangle.width <= 28)
      let (height, width) = (Double(rectangle.height), Double(rectangle.width))
      // Both sides are rounded by up to a half.
      #expect((height + 0.5) * (width + 0.5) >= 0.02 * 784 && (height - 0.5) * (width - 0.5) <= 0.4 * 784)
      #expect((height + 0.5) / (width - 0.5) >= 0.3 && (height - 0.5) / (width + 0.5) <= 1 / 0.3)
      areas.append(height * width / 784)
    }
    // Uniform from 0.02 to 0.4, less the one in thirty that does not fit in the image, which is a large one.
    let mean = areas.reduce(0, +) / Double(areas.count)
    #expect(mean > 0.18 && mean < 0.21, "\(mean)")
    #expect(areas.min()! < 0.03 && areas.max()! > 0.37)
    #expect(Set(rectangles.map(\.top)).count >= 24 && Set(rectangles.map(\.left)).count >= 24)
  }

  @Test(arguments: [(1, 1), (1, 100), (100, 1), (2, 3)])
  func rectanglesFitInOddImages(_ height: Int, _ width: Int) {
    let shape = ImageShape(height: height, width: width, channels: 1)
    let rectangles = changes(
      Augmentation(erasing: RandomErasing(probability: 1)), count: 300, shape: shape
    ).compactMap(\.erased)
    // In long, narrow images, not every draw has a rectangle.
    #expect(!rectangles.isEmpty)
    for rectangle in rectangles {
      #expect(rectangle.height >= 1 && rectangle.top + rectangle.height <= height)
      #expect(rectangle.width >= 1 && rectangle.left + rectangle.width <= width)
    }
  }

  // MARK: - Batches

  private static let everything = Augmentation(
    flips: true, shift: 2, erasing: RandomErasing(probability: 0.5))

  /// Returns the images with the numbers `indexes` as a batch of epoch 3.
  private func batch(_ data: Dataset, _ indexes: [Int], jobs: Int, capacity: Int = 100) -> [UInt8] {
    let augmented = AugmentedImages(
      Self.everything, shape: data.shape, seed: 4, batchCapacity: capacity,
      engine: Engine(instructionSet: .best, jobs: jobs))!
    return data.images.withUnsafeBufferPointer { images in
      indexes.withUnsafeBufferPointer { indexes in
        let changed = augmented.batch(
          ImageBatch(bytes: images, indexes: indexes, count: indexes.count), at: .all(3))
        #expect(changed.count == indexes.count && changed.indexes == nil)
        return Array(changed.bytes)
      }
    }
  }

  @Test(arguments: [1, 3]) func imagesDoNotDependOnBatchesOrThreads(_ channels: Int) {
    let data = Dataset.pictures(100, shape: ImageShape(height: 9, width: 11, channels: channels))
    let order = (0..<100).map { $0 * 37 % 100 }
    let whole = batch(data, order, jobs: 1)
    #expect(whole != order.flatMap { data.selecting([$0]).images })
    for jobs in [2, 3, 5] { #expect(batch(data, order, jobs: jobs) == whole, "\(jobs) threads") }
    for size in [1, 7, 33] {
      let parts = stride(from: 0, to: 100, by: size).flatMap {
        batch(data, Array(order[$0..<min($0 + size, 100)]), jobs: 2, capacity: size)
      }
      #expect(parts == whole, "batches of \(size)")
    }
  }

  @Test func noAugmentationAllocatesNothing() {
    let engine = Engine(instructionSet: .best, jobs: 1)
    #expect(
      AugmentedImages(.none, shape: Self.image, seed: 0, batchCapacity: 8, engine: engine) == nil)
  }

  // MARK: - Runs

  private static let specification = "conv:5 relu pool dropout:0.2 linear:20 relu"

  @Test func theSameSeedGivesTheSameWeightsForAnyNumberOfThreads() throws {
    let settings = TrainingSettings.sample(epochs: 3, batchSize: 50).with {
      $0.augmentation = Self.everything
    }
    let plain = try Run(Self.specification, on: .pictures(130), .sample(epochs: 3, batchSize: 50))
    let first = try Run(Self.specification, on: .pictures(130), settings)
    #expect(first.outcome.parameters != plain.outcome.parameters)
    for jobs in [1, 2, 3, 5] {
      let again = try Run(Self.specification, on: .pictures(130), settings, jobs: jobs)
      #expect(again.outcome.parameters == first.outcome.parameters, "\(jobs) threads")
    }
  }

  /// The learning rate is too small to change a weight. So the losses are those of the first weights on the changed
  /// images of each epoch, and on the unchanged held-out images.
  @Test func everyEpochHasItsOwnChangesAndHeldOutImagesHaveNone() throws {
    let data = Dataset.pictures(60)
    let heldOut = Dataset.pictures(30, seed: 2)
    let settings = TrainingSettings.sample(epochs: 3, batchSize: 60, learningRate: 1e-30).with {
      $0.augmentation = Self.everything
    }
    let specification = "conv:5 relu pool linear:20 relu"
    let run = try Run(specification, on: data, validation: heldOut, settings)
    let start = settings.initialization.parameters(
      for: try Architecture(specification: specification, input: data.shape, classCount: 4),
      seed: settings.seed)
    for report in run.reports {
      let seen = (0..<data.count).flatMap { index in
        changed(
          data.selecting([index]).images, data.shape,
          ImageChange(
            Self.everything, shape: data.shape, seed: settings.seed, time: report.epoch, index: index))
      }
      let expected = try figures(
        specification, start,
        on: Dataset(shape: data.shape, images: seen, labels: data.labels, classes: nil, history: []))
      #expect(abs(report.training.loss - expected.loss) <= 1e-12)
      #expect(report.validation == (try figures(specification, start, on: heldOut)))
    }
    #expect(Set(run.reports.map(\.training.loss)).count == 3)
  }
}
