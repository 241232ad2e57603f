// How floats become operands of a BFloat16Product.

/// Weights in panels become pairs of terms.
///
///     packed  [panel of the kernels][tap, channel][width]  →  pairs [panel of 32][tap][channel pair][width][2]
///
/// Channels of a tap are padded to whole tiles. The padding is not written, and must be 0 beforehand.
public struct PairedWeights {
  public var tapCount: Int
  /// Terms of a tap, a multiple of ``Lane/width``.
  public var channels: Int
  /// A multiple of ``Lane/width``.
  public var columnCount: Int
  /// The panels of 32 columns to write.
  public var panels: Range<Int>
  public var packed: UnsafePointer<Float>
  public var pairs: UnsafeMutablePointer<BFloat16>

  public init(
    tapCount: Int, channels: Int, columnCount: Int, panels: Range<Int>, packed: UnsafePointer<Float>,
    pairs: UnsafeMutablePointer<BFloat16>
  ) {
    self.tapCount = tapCount
    self.channels = channels
    self.columnCount = columnCount
    self.panels = panels
    self.packed = packed
    self.pairs = pairs
  }
}

/// Rows of bfloat16 become a panel of pairs of rows.
///
///     rows [rowCount, columnCount]  →  pairs [row pair][column][2]
public struct PairedRows {
  /// A multiple of 2.
  public var rowCount: Int
  /// A multiple of ``Lane/width``.
  public var columnCount: Int
  public var rows: UnsafePointer<BFloat16>
  /// bfloat16 from one row to the next.
  public var rowStride: Int
  public var pairs: UnsafeMutablePointer<BFloat16>

  public init(
    rowCount: Int, columnCount: Int, rows: UnsafePointer<BFloat16>, rowStride: Int,
    pairs: UnsafeMutablePointer<BFloat16>
  ) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.rows = rows
    self.rowStride = rowStride
    self.pairs = pairs
  }
}

/// Rows of floats become columns of bfloat16.
///
///     rows [rowCount, columnCount]  →  transposed [columnCount][rowCount], `transposedStride` apart
public struct TransposedRows {
  public var rowCount: Int
  /// A multiple of ``Lane/width``.
  public var columnCount: Int
  public var rows: UnsafePointer<Float>
  /// Floats from one row to the next.
  public var rowStride: Int
  public var transposed: UnsafeMutablePointer<BFloat16>
  /// bfloat16 from one column to the next.
  public var transposedStride: Int

  public init(
    rowCount: Int, columnCount: Int, rows: UnsafePointer<Float>, rowStride: Int,
    transposed: UnsafeMutablePointer<BFloat16>, transposedStride: Int
  ) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.rows = rows
    self.rowStride = rowStride
    self.transposed = transposed
    self.transposedStride = transposedStride
  }
}

/// The pixels of a map become bfloat16, with strides of their own.
public struct RoundedMap {
  public var map: MapRegion
  /// [height, width, channels]
  public var rounded: UnsafeMutablePointer<BFloat16>
  /// bfloat16 from one rounded row to the next, and from one pixel to the next.
  public var rowStride: Int
  public var pixelStride: Int

  public init(
    map: MapRegion, rounded: UnsafeMutablePointer<BFloat16>, rowStride: Int, pixelStride: Int
  ) {
    self.map = map
    self.rounded = rounded
    self.rowStride = rowStride
    self.pixelStride = pixelStride
  }
}
