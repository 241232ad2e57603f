// Images mixed in pairs: pixel by pixel, the random draws, and runs on mixtures.

import Compute
import Execution
import NetworkSamples
import TensorStream
import Testing

@testable import Inference
@testable import Training

@Suite struct ImageMixtureTests {
  private static let shape = ImageShape(height: 7, width: 10, channels: 3)

  private func bytes(_ seed: Int) -> [UInt8] {
    (0..<Self.shape.byteCount).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ seed &* 41 ^ ($0 >> 3)) }
  }

  private func mixed(_ mixture: ImageMixture, _ image: [UInt8], _ partner: [UInt8]) -> [UInt8] {
    var memory = [UInt8](repeating: 0xA5, count: image.count + 80)
    memory.withUnsafeMutableBufferPointer {
      mixture.write(image, partner, Self.shape, to: $0.baseAddress! + 40)
    }
    #expect(memory.prefix(40).allSatisfy { $0 == 0xA5 } && memory.suffix(40).allSatisfy { $0 == 0xA5 })
    return Array(memory.dropFirst(40).prefix(image.count))
  }

  // MARK: - Pixels

  @Test(arguments: [0, 1, 20_000, 32_768, 65_535, 65_536]) func aBlendIsTheNearestByteToTheMean(weight: Int) {
    let (image, partner) = (bytes(1), bytes(2))
    let mixture = ImageMixture.blend(weight: weight)
    let share = Double(mixture.share(of: Self.shape))
    #expect(share == Double(weight) / 65536)
    for (place, byte) in mixed(mixture, image, partner).enumerated() {
      let mean = share * Double(image[place]) + (1 - share) * Double(partner[place])
      #expect(abs(Double(byte) - mean) <= 0.5, "place \(place)")
    }
  }

  @Test(arguments: [(0, 0, 7, 10), (2, 3, 4, 5), (6, 9, 1, 1), (3, 4, 0, 0)])
  func aRectangleComesFromThePartner(top: Int, left: Int, height: Int, width: Int) {
    let (image, partner) = (bytes(1), bytes(2))
    let rectangle = PixelRectangle(top: top, left: left, height: height, width: width)
    let mixture = ImageMixture.paste(rectangle)
    #expect(mixture.share(of: Self.shape) == 1 - Float(height * width) / 70)
    for (place, byte) in mixed(mixture, image, partner).enumerated() {
      let (y, x) = (place / 30, place % 30 / 3)
      let isInside = top..<top + height ~= y && left..<left + width ~= x
      #expect(byte == (isInside ? partner[place] : image[place]), "row \(y), column \(x)")
    }
  }

  // MARK: - Random draws

  private func mixtures(_ augmentation: Augmentation, count: Int = 4000, epoch: Int = 1) -> [ImageMixture] {
    (0..<count).map {
      ImageMixture(augmentation, shape: Self.shape, seed: 3, time: epoch, index: $0)
    }
  }

  @Test func blendsAndPastesAreEquallyLikelyTogether() {
    func pasteCount(_ augmentation: Augmentation) -> Int {
      mixtures(augmentation).count { if case .paste = $0 { true } else { false } }
    }
    #expect(pasteCount(Augmentation(mixup: 1)) == 0)
    #expect(pasteCount(Augmentation(cutmix: 1)) == 4000)
    // Six standard deviations of 4,000 coins.
    #expect(abs(pasteCount(Augmentation(mixup: 1, cutmix: 1)) - 2000) <= 190)
  }

  @Test func everyEpochAndImageHasItsOwnMixture() {
    let augmentation = Augmentation(mixup: 1, cutmix: 1)
    let first = mixtures(augmentation)
    #expect(first == mixtures(augmentation))
    let unchanged = zip(first, mixtures(augmentation, epoch: 2)).count { $0 == $1 }
    #expect(unchanged < 100)
  }

  /// A rectangle has the image's proportions and is cut off at its edge, so its mean share is below the drawn one, 1/2.
  @Test func rectanglesStayInsideTheImage() {
    var areas = 0
    for case .paste(let rectangle) in mixtures(Augmentation(cutmix: 1)) {
      #expect(rectangle.top >= 0 && rectangle.top + rectangle.height <= 7 && rectangle.height >= 0)
      #expect(rectangle.left >= 0 && rectangle.left + rectangle.width <= 10 && rectangle.width >= 0)
      areas += rectangle.height * rectangle.width
    }
    let mean = Double(areas) / 4000 / 70
    #expect(mean > 0.15 && mean < 0.5)
  }

  /// In each of 5,000 batches of 8, every place is a partner once. Any two places are partners equally often.
  @Test func anyTwoPlacesOfABatchAreEquallyOftenPartners() {
    var meetings = [Int](repeating: 0, count: 64)
    for epoch in 1...50 {
      for batch in 0..<100 {
        let partners = ImageMixture.partners(seed: 3, time: epoch, first: batch, count: 8)
        #expect(partners.sorted() == Array(0..<8))
        for (place, partner) in partners.enumerated() { meetings[8 * place + partner] += 1 }
      }
    }
    // Six standard deviations of a count whose mean is 625.
    #expect(meetings.allSatisfy { abs($0 - 625) <= 140 }, "\(meetings)")
  }

  // MARK: - Batches and runs

  @Test(arguments: [1, 6, 7]) func everyImageIsMixedWithItsPartner(_ count: Int) throws {
    let data = Dataset.pictures(count)
    let augmentation = Augmentation(mixup: 1, cutmix: 1)
    let order = (0..<count).map { ($0 + 2) % count }
    let labels = order.map { data.labels[$0] }
    for jobs in [1, 3] {
      let augmented = try #require(
        AugmentedImages(
          augmentation, shape: data.shape, seed: 4, batchCapacity: 7,
          engine: Engine(instructionSet: .best, jobs: jobs)))
      let (batch, others, shares) = data.images.withUnsafeBufferPointer { images in
        order.withUnsafeBufferPointer { order in
          labels.withUnsafeBufferPointer { labels in
            let batch = augmented.batch(ImageBatch(bytes: images, indexes: order, count: count), at: .all(2))
            let mixture = augmented.mixture(labels)!
            return (Array(batch.bytes), Array(mixture.otherLabels), Array(mixture.shares))
          }
        }
      }
      let partners = ImageMixture.partners(seed: 4, time: 2, first: order[0], count: count)
      #expect(others == partners.map { labels[$0] })
      for position in 0..<count {
        let (image, partner) = (order[position], order[partners[position]])
        let drawn = ImageMixture(augmentation, shape: data.shape, seed: 4, time: 2, index: image)
        #expect(shares[position] == drawn.share(of: data.shape))
        var expected = [UInt8](repeating: 0, count: data.shape.byteCount)
        drawn.write(
          data.selecting([image]).images, data.selecting([partner]).images, data.shape, to: &expected)
        let place = position * data.shape.byteCount
        #expect(Array(batch[place..<place + data.shape.byteCount]) == expected, "image \(position)")
      }
    }
  }

  @Test func theSameSeedGivesTheSameWeightsForAnyNumberOfThreads() throws {
    let specification = "conv:5 relu pool dropout:0.2 linear:20 relu"
    let settings = TrainingSettings.sample(epochs: 3, batchSize: 50).with {
      $0.augmentation = Augmentation(flips: true, shift: 1, mixup: 0.4, cutmix: 1)
      $0.labelSmoothing = 0.1
    }
    let first = try Run(specification, on: .pictures(130), settings)
    let plain = try Run(specification, on: .pictures(130), settings.with { $0.augmentation.mixup = 0 })
    #expect(first.outcome.parameters != plain.outcome.parameters)
    for jobs in [1, 2, 3, 5] {
      let again = try Run(specification, on: .pictures(130), settings, jobs: jobs)
      #expect(again.outcome.parameters == first.outcome.parameters, "\(jobs) threads")
    }
  }

  /// The classes are learned from mixtures alone: all images of an epoch are mixed, and no held-out image is.
  @Test func classesLearnedFromMixturesHoldForImages() throws {
    let settings = TrainingSettings.sample(epochs: 30, batchSize: 32).with {
      $0.augmentation = Augmentation(mixup: 1, cutmix: 1)
    }
    let run = try Run(
      "conv:5 relu pool linear:20 relu", on: .pictures(256), validation: .pictures(100, seed: 2), settings)
    let last = try #require(run.reports.last)
    #expect(try #require(last.validation).accuracy >= 0.9)
    // Half of a mixture shows another class, and no answer fits both.
    #expect(last.training.loss > 0.3)
  }
}
