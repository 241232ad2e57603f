// The images of an epoch, in the order in which it shows them.

import ByteIO
import Compute
import Execution
import RandomNumbers

/// Which images an epoch shows.
public enum Sampling: String, CaseIterable, Sendable {
  /// Each image once.
  case each
  /// As many images as the data set has, the same number of each class. See ``BalancedOrder``.
  case balanced
}

/// An image as an epoch shows it.
struct ShownImage: Equatable {
  /// The image's number among the training images.
  var index: Int
  /// How many times the run has shown the image, this time included.
  var time: Int
}

/// How many times the run has shown each image of a batch, this time included. The changes of an image are drawn with
/// this number, so that no two of its showings are alike.
enum ShownTimes {
  /// The epoch's number for all images, because each epoch shows each image once.
  case all(Int)
  /// A number for each image, [batch].
  case each(ArraySlice<Int>)

  subscript(position: Int) -> Int {
    switch self {
    case .all(let epoch): epoch
    case .each(let times): times[times.startIndex + position]
    }
  }
}

/// The images of an epoch in order.
struct EpochOrder {
  let shuffled: ShuffledOrder
  let labels: [UInt8]
  private let epoch: Int
  /// How many times each image has been shown; `nil` if it is the epoch's number for all images.
  private let times: [Int]?

  /// The images' numbers among the training images.
  var indexes: [Int] { shuffled.indexes }

  var count: Int { indexes.count }

  /// Returns how many times the images of a batch have been shown.
  func times(_ batch: Range<Int>) -> ShownTimes { times.map { .each($0[batch]) } ?? .all(epoch) }

  /// Shows each image once, in an order drawn from the seed and the epoch. With `extents`, similar images of a batch of
  /// `batchSize` are neighbours.
  ///
  /// - Complexity: O(n) for n images; O(n log b) with `extents`, for batches of b images.
  init(
    _ labels: [UInt8], by shuffle: Shuffle = .all, epoch: Int, seed: UInt64, extents: ImageExtents?,
    batchSize: Int
  ) {
    var random = SplitMix64(seed: seed, Self.shuffleTag, UInt64(epoch))
    var order = shuffle.order(of: labels.count, &random)
    extents?.sortBatches(of: &order.indexes, size: batchSize)
    shuffled = order
    self.labels = order.indexes.map { labels[$0] }
    self.epoch = epoch
    times = nil
  }

  /// Shows the images that `balance` draws for the epoch, shuffled all together. With `extents`, similar images of a
  /// batch of `batchSize` are neighbours.
  ///
  /// - Complexity: O(n) for n images; O(n log b) with `extents`, for batches of b images.
  init(
    _ balance: BalancedOrder, _ labels: [UInt8], epoch: Int, seed: UInt64, extents: ImageExtents?,
    batchSize: Int
  ) {
    var order = balance.images(ofEpoch: epoch)
    var random = SplitMix64(seed: seed, Self.shuffleTag, UInt64(epoch))
    random.shuffle(&order)
    extents?.sortBatches(of: &order, size: batchSize)
    shuffled = ShuffledOrder(indexes: order.map(\.index))
    self.labels = order.map { labels[$0.index] }
    self.epoch = epoch
    times = order.map(\.time)
  }

  /// Keeps this stream of random numbers apart from those of first weights and dropout.
  private static let shuffleTag: UInt64 = 3
}

extension ImageExtents {
  /// Measures all images of a data set. Throws ``FileError``.
  ///
  /// - Complexity: O(bytes of the images).
  init(of data: Dataset, engine: Engine) throws(FileError) {
    var extents = ImageExtents(capacity: data.count)
    try data.forEachBatch(of: 4096) { extents.measure($0, from: $1, data.shape, engine) }
    self = extents
  }

  /// Sorts each batch of `size` images by their extents. An image may be in a batch more than once.
  fileprivate func sortBatches(of order: inout [ShownImage], size: Int) {
    for start in stride(from: 0, to: order.count, by: size) {
      order[start..<min(start + size, order.count)].sort { one, other in
        (key(of: one.index), one.index, one.time) < (key(of: other.index), other.index, other.time)
      }
    }
  }
}
