// The order in which an epoch shows the images, where it shows each once.
//
// To shuffle all images is best, and means to read them one by one from all over a file. What is in memory or on a fast disk
// bears that. Else a file is to be read in large pieces: CorgiPile (Xu et al. 2022, "In-Database Machine Learning with
// CorgiPile: Stochastic Gradient Descent without Full Data Shuffle", SIGMOD, §4) takes blocks of neighbours in random order,
// as many as a pool holds, and shuffles the images of each pool.

import RandomNumbers
import TensorStream

/// How an epoch's images are shuffled.
public enum Shuffle: Equatable, Sendable {
  /// Every order of all images can come.
  case all
  /// In pools of this many images, each made of blocks from all over the stream.
  case pools(of: Int)

  /// The blocks of a pool. Neighbours in a stream may be alike; a pool of 64 places has something of everything.
  static let blocksPerPool = 64

  /// A block has an image at least.
  public static let leastPool = blocksPerPool

  public var text: String {
    switch self {
    case .all: "all"
    case .pools(let size): "\(size)"
    }
  }

  /// The order of `count` images, and the blocks that are read for it. O(count).
  func order(of count: Int, _ random: inout SplitMix64) -> ShuffledOrder {
    guard case .pools(let size) = self, size < count else {
      var indexes = Array(0..<count)
      random.shuffle(&indexes)
      return ShuffledOrder(indexes: indexes)
    }
    let length = max(1, size / Self.blocksPerPool)
    var blocks = stride(from: 0, to: count, by: length).map { $0..<min($0 + length, count) }
    random.shuffle(&blocks)
    var order = ShuffledOrder(indexes: [], blockLength: length)
    order.indexes.reserveCapacity(count)
    for start in stride(from: 0, to: blocks.count, by: Self.blocksPerPool) {
      let pool = Array(blocks[start..<min(start + Self.blocksPerPool, blocks.count)])
      var indexes = pool.flatMap { $0 }
      random.shuffle(&indexes)
      let places = order.indexes.count..<order.indexes.count + indexes.count
      order.pools.append(ShuffledOrder.Pool(places: places, blocks: pool))
      order.indexes += indexes
    }
    return order
  }
}

/// Images in an order, and how they come from a file.
struct ShuffledOrder {
  var indexes: [Int]
  /// None where single images are read.
  var pools: [Pool] = []
  /// Images in each block of the pools, but for the last of the file.
  var blockLength = 1

  struct Pool {
    /// Where its images are in the order.
    let places: Range<Int>
    /// Its images, by their numbers.
    let blocks: [Range<Int>]
  }

  /// What is to be read soon when the images at `places` are about to be used: the images of a batch in advance, or a pool.
  func rangesAhead(of places: Range<Int>) -> [Range<Int>] {
    guard !pools.isEmpty else {
      return indexes[places.upperBound..<min(places.upperBound + places.count, indexes.count)].map {
        $0..<$0 + 1
      }
    }
    // A pool in advance, when the one before it begins; with the first images, both.
    let begun = pools(at: places).filter { places.contains(pools[$0].places.lowerBound) }
    return ((begun.first == 0 ? [0] : []) + begun.map { $0 + 1 }.filter(pools.indices.contains))
      .flatMap { pools[$0].blocks.sorted { $0.lowerBound < $1.lowerBound } }
  }

  /// The numbers of the pools that some places reach into. O(log pools).
  func pools(at places: Range<Int>) -> Range<Int> {
    let first = pools.partitioningIndex { $0.places.upperBound > places.lowerBound }
    return first..<max(first, pools.partitioningIndex { $0.places.lowerBound >= places.upperBound })
  }
}
