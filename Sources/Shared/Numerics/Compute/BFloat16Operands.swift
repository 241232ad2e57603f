// Operands of bfloat16 products: their memory, and how floats become operands.

import KernelInterface

/// A slice of bfloat16 that kernels read and write. Every entry point checks it against shapes.
public typealias BFloats = UnsafeMutableBufferPointer<BFloat16>

extension BFloats {
  /// Returns the start, after a check that `needed` numbers follow.
  @inline(__always)
  func checked(_ needed: Int, _ what: StaticString) -> UnsafeMutablePointer<BFloat16> {
    precondition(needed >= 0 && needed <= count, "\(what): expected \(needed) numbers, got \(count)")
    return baseAddress!
  }
}

extension Engine {
  /// Computes a ``BFloat16Product`` in tile registers or on vectors.
  func multiply(_ product: BFloat16Product) {
    if usesTiles { kernels.multiplyByTiles(product) } else { kernels.multiply(product) }
  }

  /// Returns the number of panels of B that a matrix has as a bfloat16 operand.
  public func bfloat16PanelCount(_ columns: Int) -> Int {
    (columns + BFloat16Tile.panelWidth - 1) / BFloat16Tile.panelWidth
  }

  /// pairs ← weights in panels, [tap, channel] by column, as a product's B. If `panels` is given, only
  /// those are written.
  ///
  /// - Complexity: O(tapCount · channels · columns), or the share of `panels` in it.
  public func pairWeights(
    tapCount: Int, channels: Int, columns: Int, panels: Range<Int>? = nil, weights: Floats, pairs: BFloats
  ) {
    checkLane(channels)
    checkLane(columns)
    let panels = checked(panels, of: bfloat16PanelCount(columns))
    let count = tapCount * BFloat16Tile.paddedDepth(channels) * columns
    kernels.pairWeights(
      PairedWeights(
        tapCount: tapCount, channels: channels, columnCount: columns, panels: panels,
        packed: weights.checked(tapCount * channels * columns, "weights"),
        pairs: pairs.checked(count, "weights in pairs")))
  }
}
