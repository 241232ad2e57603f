// Memory for the lists of a product's terms, and for A at these terms. A dense layer that reads images needs it: most
// of an image is background, and background is 0.

import KernelInterface

/// Lists for the blocks of rows of a product. Each batch overwrites them.
public final class TermListMemory: @unchecked Sendable {
  /// The numbers of terms and, after them, A at these terms. Pages that no list reaches are never touched.
  private let memory: FloatBuffer
  private let counts: UnsafeMutableBufferPointer<Int>
  private let sizes: Sizes

  /// Allocates lists for products of up to `rowCount` rows, in blocks of `blockRows`, and `depth` terms.
  init(rowCount: Int, blockRows: Int, depth: Int, tileRows: Int) {
    sizes = Sizes(rowCount: rowCount, blockRows: blockRows, depth: depth, tileRows: tileRows)
    memory = FloatBuffer(count: sizes.listCount * (sizes.listStride + sizes.packedStride))
    counts = .allocate(capacity: sizes.listCount)
    counts.initialize(repeating: 0)
  }

  /// Returns the size in bytes of these lists, as a Double, which no shape overflows.
  static func byteCount(rowCount: Int, blockRows: Int, depth: Int, tileRows: Int) -> Double {
    let lists = Double(Sizes.listCount(rowCount: rowCount, blockRows: blockRows, tileRows: tileRows))
    let words = Double(depth) + Double(TermLists.lookahead) + Double(depth) * Double(min(tileRows, rowCount))
    return lists * (words * Double(MemoryLayout<Float>.stride) + Double(MemoryLayout<Int>.stride))
  }

  deinit { counts.deallocate() }

  /// Returns the lists of a block of a product with `depth` terms.
  func lists(block: Int, depth: Int) -> TermLists {
    let first = block * sizes.tilesPerBlock
    precondition(depth <= sizes.depth && first < sizes.listCount, "no list for block \(block)")
    let start = memory.floats.baseAddress!
    let numberCount = sizes.listCount * sizes.listStride
    return TermLists(
      terms: UnsafeMutableRawPointer(start).bindMemory(to: UInt32.self, capacity: numberCount),
      stride: sizes.listStride, counts: counts.baseAddress!, packed: start + numberCount,
      packedStride: sizes.packedStride
    ).from(first)
  }

  private struct Sizes {
    let depth: Int
    let tilesPerBlock: Int
    let listCount: Int
    let listStride: Int
    let packedStride: Int

    init(rowCount: Int, blockRows: Int, depth: Int, tileRows: Int) {
      self.depth = depth
      tilesPerBlock = (blockRows + tileRows - 1) / tileRows
      listCount = Self.listCount(rowCount: rowCount, blockRows: blockRows, tileRows: tileRows)
      listStride = depth + TermLists.lookahead
      // A tile never has more rows than the product.
      packedStride = depth * min(tileRows, rowCount)
    }

    static func listCount(rowCount: Int, blockRows: Int, tileRows: Int) -> Int {
      let tilesOfBlock = (blockRows + tileRows - 1) / tileRows
      return rowCount / blockRows * tilesOfBlock + (rowCount % blockRows + tileRows - 1) / tileRows
    }
  }
}
