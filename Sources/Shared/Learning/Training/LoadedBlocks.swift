// Images of a file as a run reads them: announced to the system in advance, and blocks of pools in one piece each.
//
// The system's cache alone would not do. Pages that one pool used many times count more than those of the next, which were
// read in advance and not used yet: where the cache is small, it gives those up, and they are read again one by one.

import ByteIO

/// The blocks of the pools that a run is learning from, in memory.
final class LoadedBlocks {
  /// [images of the block], by the number of its first.
  private var blocks: [Int: [UInt8]] = [:]
  private var blockLength = 1

  /// Makes the images of an order ready that are at `places`, and lets the system read those that come after them. Throws
  /// ``FileError``.
  func prepare(_ order: ShuffledOrder, _ places: Range<Int>, from store: ImageStore) throws(FileError) {
    guard store.isFile else { return }
    order.rangesAhead(of: places).forEach(store.willRead)
    let wanted = order.pools[order.pools(at: places)].flatMap(\.blocks)
    let kept = Set(wanted.map(\.lowerBound))
    blocks = blocks.filter { kept.contains($0.key) }
    blockLength = order.blockLength
    for block in wanted where blocks[block.lowerBound] == nil {
      blocks[block.lowerBound] = try store.read(block)
    }
  }

  /// The images `indexes`, one after the other; `nil` where they are in no pool.
  func images(_ indexes: ArraySlice<Int>, byteCount: Int) -> [UInt8]? {
    guard !blocks.isEmpty else { return nil }
    var images: [UInt8] = []
    images.reserveCapacity(indexes.count * byteCount)
    for index in indexes {
      let first = index / blockLength * blockLength
      guard let block = blocks[first] else { return nil }
      images += block[(index - first) * byteCount..<(index - first + 1) * byteCount]
    }
    return images
  }
}
