// As many images of each class in an epoch as of every other, however many there are of each.
//
// The images of a class come in rounds: in each round every one of them once, in an order drawn from the seed, the class
// and the round. An epoch takes its share of the rounds where the epoch before left off. Which images these are follows
// from the number of the epoch alone, so that a run that goes on anywhere shows what an uninterrupted one does.

import RandomNumbers

/// Draws the images of epochs.
struct BalancedOrder {
  private let seed: UInt64
  /// The images of each class that has any, by their numbers.
  private let classes: [(label: Int, images: [Int])]
  /// Images in an epoch: as many as there are.
  private let count: Int

  /// `labels` are those of all images; there is at least one.
  init(_ labels: [UInt8], classCount: Int, seed: UInt64) {
    self.seed = seed
    count = labels.count
    var images = [[Int]](repeating: [], count: classCount)
    for (index, label) in labels.enumerated() { images[Int(label)].append(index) }
    classes = images.enumerated().compactMap { $1.isEmpty ? nil : (label: $0, images: $1) }
  }

  /// The images of an epoch, from 1, class by class. An image is shown for the nth time in the nth round of its class.
  func images(ofEpoch epoch: Int) -> [ShownImage] {
    classes.indices.flatMap { place in
      images(of: place, shown(place, before: epoch)..<shown(place, before: epoch + 1))
    }
  }

  /// How many images of a class all epochs before this one show: with C classes of N images, ⌊(N (epoch − 1) + place) / C⌋.
  /// Over all places these add up to N (epoch − 1), and what one epoch adds is ⌊N / C⌋ or one more. The classes that get one
  /// more take turns.
  private func shown(_ place: Int, before epoch: Int) -> Int {
    ((epoch - 1) * count + place) / classes.count
  }

  /// The images that a class shows from one number to another, all epochs counted together.
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

  /// Keeps this stream of random numbers apart from those of first weights, dropout, shuffles and changes of images.
  private static let roundTag: UInt64 = 8
}
