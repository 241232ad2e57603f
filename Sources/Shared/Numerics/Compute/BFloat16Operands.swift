// Operands of products of bfloat16: their memory, and how they are made of floats.

import KernelInterface

/// A slice of bfloat16 that kernels read and write; checked against shapes at every entry point.
public typealias BFloats = UnsafeMutableBufferPointer<BFloat16>

extension BFloats {
  /// The start, after a check that `needed` numbers follow.
  @inline(__always)
  func checked(_ needed: Int, _ what: StaticString) -> UnsafeMutablePointer<BFloat16> {
    precondition(needed >= 0 && needed <= count, "\(what): \(needed) numbers wanted of \(count)")
    return baseAddress!
  }
}

extension Engine {
  /// See ``BFloat16Product``.
  func multiply(_ product: BFloat16Product) {
    if usesTiles { kernels.multiplyByTiles(product) } else { kernels.multiply(product) }
  }

  /// How many panels of B a matrix has as an operand of bfloat16.
  public func bfloat16PanelCount(_ columns: Int) -> Int {
    (columns + BFloat16Tile.panelWidth - 1) / BFloat16Tile.panelWidth
  }

  /// pairs ← weights in panels, [tap, channel] by column, as a product's B; some of its panels, where they are given.
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
