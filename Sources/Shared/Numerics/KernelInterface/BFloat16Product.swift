// The product of bfloat16 from which dense layers and convolutions are made where the precision is bfloat16. Operands are
// bfloat16, sums are Float.
//
//     C[g, i, j]  =  start  +  Σ over segments s, terms d < depth of  A[g, i, s, d] · B[s, d, j]
//
// The terms of A's rows lie side by side, two of them in 32 bits; B lies in pairs of terms, so that a processor multiplies
// and adds two at a time:
//
//     B   [panel][segment][depth / 2][width][2]     width 32, in the last panel perhaps 16
//
//     dense forward              i = image               d = input          j = output
//     dense input gradient       i = image               d = output         j = input, B being the transpose
//     dense weight gradient      i = input               d = image          j = output, A being the transpose
//     convolution forward        g = y, i = x            s = tap            d = channel    j = output channel
//     its input gradient         g = y, i = x            s = tap            d = output channel    j = channel
//     its weight gradient        i = input channel       s = image, d = pixel    j = output channel; one for each tap

/// A product of bfloat16, as the kernels take it. Strides of A count bfloat16, those of C floats.
public struct BFloat16Product {
  /// Rows of a group, and groups, of A and C.
  public var rowCount: Int
  public var groupCount = 1
  /// Columns of B and C, a multiple of ``Lane/width``.
  public var columnCount: Int
  /// Terms of a segment, a multiple of ``BFloat16Tile/depth``.
  public var depth: Int

  public var a: UnsafePointer<BFloat16>
  public var aRowStride: Int
  public var aGroupStride = 0
  /// Where each segment starts in A.
  public var segments: UnsafeBufferPointer<Int>

  public var b: UnsafePointer<BFloat16>

  public var c: UnsafeMutablePointer<Float>
  /// From one row to the next; 0 for packed panels.
  public var cRowStride: Int
  /// Rows of C before the first, and from one group to the next.
  public var cFirstRow = 0
  public var cGroupRows = 0
  /// From one panel of the kernels, not of B, to the next.
  public var cPanelStride: Int

  public var start = MatrixProduct.Start.zero
  /// Whether negative results become 0.
  public var rectifies = false

  public init(
    rowCount: Int, columnCount: Int, depth: Int, a: UnsafePointer<BFloat16>, aRowStride: Int,
    segments: UnsafeBufferPointer<Int>, b: UnsafePointer<BFloat16>, c: UnsafeMutablePointer<Float>,
    cRowStride: Int, cPanelStride: Int
  ) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.depth = depth
    self.a = a
    self.aRowStride = aRowStride
    self.segments = segments
    self.b = b
    self.c = c
    self.cRowStride = cRowStride
    self.cPanelStride = cPanelStride
  }
}

extension BFloat16Product {
  /// The rows of all groups as one run, with rows between them that belong to none: where rows are as far apart from group
  /// to group as within one, a tile can hold the end of a group and the beginning of the next.
  public var rowsFromGroupToGroup: Int? {
    aRowStride > 0 && aGroupStride % aRowStride == 0 && aGroupStride / aRowStride >= rowCount
      ? aGroupStride / aRowStride : nil
  }

  /// Rows of A that may be read after the last one: those that fill a tile up. What they hold must be numbers or nothing;
  /// it comes into no result.
  public static let rowsReadAfterTheLast = 2 * BFloat16Tile.rows - 1
}
