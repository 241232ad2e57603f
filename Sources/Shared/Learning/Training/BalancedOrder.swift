// Epochs that show the same number of images of each class, however many images each class has.
//
// The images of a class come in rounds. Each round shows all of them once, in an order drawn from the seed, the class
// and the round. An epoch takes its share of the rounds from where the previous epoch stopped. The images of an epoch
// follow from its number alone, so a resumed run shows the same images as an uninterrupted one.

import RandomNumbers

/// Draws the images of an epoch, balanced by class.
struct BalancedOrder {
  private let seed: UInt64
  /// The classes that have images, each with the numbers of its images.
  private let classes: [(label: Int, images: [Int])]
  /// The number of images in an epoch, equal to the number of training images.
  private let count: Int

  /// `labels` has the label of every image. There must be at least one image.
  ///
  /// - Complexity: O(n) for n labels.
  init(_ labels: [UInt8], classCount: Int, seed: UInt64) {
    self.seed = seed
    count = labels.count
    var images = [[Int]](repeating: [], count: classCount)
    for (index, label) in labels.enumerated() { images[Int(label)].append(index) }
    classes = images.enumerated().compactMap { $1.isEmpty ? nil : (label: $0, images: $1) }
  }

  /// Returns the images of an epoch, from 1, class by class. An image is shown for the nth time in the nth round of its
  /// class.
  ///
  /// - Complexity: O(n) for n images in all.
  func images(ofEpoch epoch: Int) -> [ShownImage] {
    classes.indices.flatMap { place in
      images(of: place, shown(place, before: epoch)..<shown(place, before: epoch + 1))
    }
  }

  /// Returns the number of images of a class that all epochs before this one show: with C classes and N images, ⌊(N
  /// (epoch − 1) + place) / C⌋. Over all places these numbers add up to N (epoch − 1), and one epoch adds ⌊N / C⌋ or
  /// one more. The classes that get one more take turns.
  private func shown(_ place: Int, before epoch: Int) -> Int {
    ((epoch - 1) * count + place) / classes.count
  }

  /// Returns the images of a class with these numbers, which count its images over all epochs from 0.
  private func images(of place: Int, _ numbers: Range<Int>) -> [ShownImage] {
    let (label, images) = classes[place]
    var drawn: [ShownImage] = []
    drawn.reserveCapacity(numbers.count)
    var next = numbers.lowerBound
    while next < numbers.upperBound {
      let round = next / images.count
      let end = min(numbers.upperBound, (round + 1) * images.count)
      let order = shuffled(images, label: label, round: round)
      for number in next..<end {
        drawn.append(ShownImage(index: order[number - round * images.count], time: round + 1))
      }
      next = end
    }
    return drawn
  }

  private func shuffled(_ images: [Int], label: Int, round: Int) -> [Int] {
    var order = images
    var random = SplitMix64(seed: seed, Self.roundTag, UInt64(label), UInt64(round))
    random.shuffle(&order)
    return order
  }

  /// Keeps this stream of random numbers apart from those of first weights, dropout, shuffles and augmentation.
  private static let roundTag: UInt64 = 8
}
