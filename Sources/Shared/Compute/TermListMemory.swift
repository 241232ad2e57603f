// Where the lists of a product's terms are kept, for a dense layer that reads an image: most of an image is background,
// and background is 0.

import KernelInterface

/// Lists for the blocks of rows of a product, written anew for each batch.
public final class TermListMemory: @unchecked Sendable {
  private let steps: UnsafeMutableBufferPointer<UInt32>
  private let counts: UnsafeMutableBufferPointer<Int>
  private let depth: Int
  private let tilesPerBlock: Int

  /// For products of up to `rowCount` rows, in blocks of `blockRows`, and `depth` terms.
  init(rowCount: Int, blockRows: Int, depth: Int, tileRows: Int) {
    self.depth = depth
    tilesPerBlock = (blockRows + tileRows - 1) / tileRows
    let listCount = (rowCount + blockRows - 1) / blockRows * tilesPerBlock
    steps = .allocate(capacity: listCount * depth)
    steps.initialize(repeating: 0)
    counts = .allocate(capacity: listCount)
    counts.initialize(repeating: 0)
  }

  /// The bytes that such lists take, in Double, which no shape overflows.
  static func byteCount(rowCount: Int, blockRows: Int, depth: Int, tileRows: Int) -> Double {
    let tilesPerBlock = (blockRows + tileRows - 1) / tileRows
    let blocks = (Double(rowCount) / Double(blockRows)).rounded(.up)
    let bytesOfList = Double(depth) * Double(MemoryLayout<UInt32>.stride) + Double(MemoryLayout<Int>.stride)
    return blocks * Double(tilesPerBlock) * bytesOfList
  }

  deinit {
    steps.deallocate()
    counts.deallocate()
  }

  /// The lists of a block of a product with `depth` terms.
  func lists(block: Int, depth: Int) -> TermLists {
    precondition(
      depth <= self.depth && (block + 1) * tilesPerBlock <= counts.count, "no list for block \(block)")
    return TermLists(steps: steps.baseAddress!, stride: self.depth, counts: counts.baseAddress!)
      .from(block * tilesPerBlock)
  }
}
