// Reads the images of a file ahead of a run: single images are announced to the system, and blocks of pools are read in
// one piece each.
//
// The system's cache alone is not enough. It ranks the pages of one pool, which were used many times, above those of
// the next, which were read ahead and not used yet. A small cache evicts those first, and they would be read again one
// by one.

import ByteIO

/// Keeps the blocks of the pools that a run is learning from in memory.
final class LoadedBlocks {
  /// The bytes of each block's images, by the number of its first image.
  private var blocks: [Int: [UInt8]] = [:]
  private var blockLength = 1

  /// Loads the images that are at `places` of an order, and asks the system to read those that follow. Throws
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

  /// Returns the images `indexes`, one after the other, or `nil` if a block is not loaded.
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
