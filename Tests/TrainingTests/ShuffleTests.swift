// The order of an epoch's images, and the images that are read ahead for it.

import RandomNumbers
import Testing

@testable import Training

@Suite struct ShuffleTests {
  private func order(_ shuffle: Shuffle, _ count: Int, seed: UInt64 = 1) -> ShuffledOrder {
    var random = SplitMix64(seed: seed)
    return shuffle.order(of: count, &random)
  }

  @Test(arguments: [Shuffle.all, .pools(of: 64), .pools(of: 100), .pools(of: 640), .pools(of: 9_999)])
  func eachImageIsShownOnce(_ shuffle: Shuffle) {
    for count in [1, 2, 63, 64, 65, 1000, 10_000] {
      let one = order(shuffle, count)
      #expect(one.indexes.sorted() == Array(0..<count))
      #expect(count < 10 || one.indexes != order(shuffle, count, seed: 2).indexes)
    }
  }

  /// A pool that holds all images shuffles them as if there were no pools.
  @Test func aPoolOfAllImagesIsNoPool() {
    #expect(order(.pools(of: 1000), 1000).indexes == order(.all, 1000).indexes)
    #expect(order(.pools(of: 999), 1000).indexes != order(.all, 1000).indexes)
  }

  @Test func poolsConsistOfWholeBlocksFromAnywhere() {
    // Blocks of ten images, 64 blocks to a pool: 156 whole blocks and one of four images.
    let order = order(.pools(of: 640), 1564)
    #expect(order.pools.count == 3)
    #expect(
      order.pools.map(\.places.lowerBound) + [1564] == [0] + order.pools.map(\.places.upperBound))
    for pool in order.pools {
      let images = order.indexes[pool.places]
      #expect(images.sorted() == pool.blocks.flatMap { $0 }.sorted())
      #expect(
        pool.blocks.allSatisfy { $0.lowerBound % 10 == 0 && $0.count == ($0.lowerBound == 1560 ? 4 : 10) })
      #expect(Array(images) != pool.blocks.flatMap { $0 })
    }
    // From anywhere: a pool of 64 of the 157 blocks spans more than half of the images.
    let first = order.pools[0].blocks.map(\.lowerBound)
    #expect(first.max()! - first.min()! > 782)
  }

  /// Blocks are shuffled, and so are the images within them: each image comes first about equally often.
  @Test func everyImageCanComeFirst() {
    var random = SplitMix64(seed: 5)
    var counts = [Int](repeating: 0, count: 200)
    for _ in 0..<20_000 { counts[Shuffle.pools(of: 128).order(of: 200, &random).indexes[0]] += 1 }
    // Six standard deviations of a count whose mean is 100.
    #expect(counts.allSatisfy { abs($0 - 100) <= 60 }, "\(counts.min()!) to \(counts.max()!)")
  }

  /// Every image is announced once, before its batch is used. Without pools, the first batch is not announced.
  @Test(arguments: [Shuffle.all, .pools(of: 128), .pools(of: 700)], [1, 7, 64, 300])
  func imagesAreAnnouncedBeforeTheyAreUsed(_ shuffle: Shuffle, _ batch: Int) {
    let order = order(shuffle, 1000)
    var announced = [Int](repeating: 0, count: 1000)
    if order.pools.isEmpty { for index in order.indexes[..<batch] { announced[index] = 1 } }
    for start in stride(from: 0, to: 1000, by: batch) {
      let places = start..<min(start + batch, 1000)
      for index in order.rangesAhead(of: places).joined() { announced[index] += 1 }
      #expect(order.indexes[places].allSatisfy { announced[$0] == 1 })
    }
    #expect(announced == [Int](repeating: 1, count: 1000))
  }
}
