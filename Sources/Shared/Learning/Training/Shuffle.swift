// The order in which an epoch shows the images, if it shows each once.
//
// Shuffling all images is best, but it reads them one by one from all over a file. Memory and fast disks bear that;
// otherwise, a file should be read in large pieces. CorgiPile (Xu et al. 2022, "In-Database Machine Learning with
// CorgiPile: Stochastic Gradient Descent without Full Data Shuffle", SIGMOD, §4) takes blocks of neighbours in random
// order, as many as a pool holds, and shuffles the images of each pool.

import RandomNumbers
import TensorStream

/// How an epoch's images are shuffled.
public enum Shuffle: Equatable, Sendable {
  /// In any order of all images.
  case all
  /// In pools of this many images, each made of blocks from all over the stream.
  case pools(of: Int)

  /// The number of blocks in a pool. Neighbours in a stream may be alike, but a pool of 64 blocks has something of
  /// everything.
  static let blocksPerPool = 64

  /// The smallest pool, whose blocks have one image each.
  public static let leastPool = blocksPerPool

  public var text: String {
    switch self {
    case .all: "all"
    case .pools(let size): "\(size)"
    }
  }

  /// Draws the order of `count` images, and the blocks to read for it.
  ///
  /// - Complexity: O(count).
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

/// Images in an order, and the blocks in which they are read from a file.
struct ShuffledOrder {
  var indexes: [Int]
  /// Empty if images are read one by one.
  var pools: [Pool] = []
  /// The number of images in each block of the pools. The last block of the file may have fewer.
  var blockLength = 1

  struct Pool {
    /// The positions of its images in the order.
    let places: Range<Int>
    /// The numbers of its images, block by block.
    let blocks: [Range<Int>]
  }

  /// Returns the numbers of the images to read ahead when those at `places` are about to be used: the next batch's, or
  /// a pool's.
  ///
  /// - Complexity: O(k) for k places without pools. With p pools, O(log p) besides sorting the blocks to read.
  func rangesAhead(of places: Range<Int>) -> [Range<Int>] {
    guard !pools.isEmpty else {
      return indexes[places.upperBound..<min(places.upperBound + places.count, indexes.count)].map {
        $0..<$0 + 1
      }
    }
    // When a pool begins, the next one is read ahead. When the first pool begins, it is read ahead, too.
    let begun = pools(at: places).filter { places.contains(pools[$0].places.lowerBound) }
    return ((begun.first == 0 ? [0] : []) + begun.map { $0 + 1 }.filter(pools.indices.contains))
      .flatMap { pools[$0].blocks.sorted { $0.lowerBound < $1.lowerBound } }
  }

  /// Returns the numbers of the pools that overlap some positions.
  ///
  /// - Complexity: O(log p) for p pools.
  func pools(at places: Range<Int>) -> Range<Int> {
    let first = pools.partitioningIndex { $0.places.upperBound > places.lowerBound }
    return first..<max(first, pools.partitioningIndex { $0.places.lowerBound >= places.upperBound })
  }
}
