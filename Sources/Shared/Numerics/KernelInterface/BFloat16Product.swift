// The product that dense layers and convolutions use if the precision is bfloat16. Operands are bfloat16,
// sums are Float.
//
//     C[g, i, j]  =  start  +  Σ over segments s, terms d < depth of  A[g, i, s, d] · B[s, d, j]
//
// The terms of a row of A are adjacent, two of them in 32 bits. B is stored in pairs of terms, so that a processor
// multiplies and adds two at a time:
//
//     B   [panel][segment][depth / 2][width][2]     width 32; the last panel may have 16
//
//     dense forward              i = image               d = input          j = output
//     dense input gradient       i = image               d = output         j = input, B is the transpose
//     dense weight gradient      i = input               d = image          j = output, A is the transpose
//     convolution forward        g = y, i = x            s = tap            d = channel    j = output channel
//     its input gradient         g = y, i = x            s = tap            d = output channel    j = channel
//     its weight gradient        i = input channel       s = image, d = pixel    j = output channel; a product a tap

/// A product of bfloat16, as the kernels take it. Strides are in bfloat16 for A, in floats for C.
public struct BFloat16Product {
  /// Rows of a group, and the number of groups, in A and C.
  public var rowCount: Int
  public var groupCount = 1
  /// Columns of B and C, a multiple of ``Lane/width``.
  public var columnCount: Int
  /// Terms of a segment, a multiple of ``BFloat16Tile/depth``.
  public var depth: Int

  public var a: UnsafePointer<BFloat16>
  public var aRowStride: Int
  public var aGroupStride = 0
  /// The offset of each segment in A.
  public var segments: UnsafeBufferPointer<Int>

  public var b: UnsafePointer<BFloat16>

  public var c: UnsafeMutablePointer<Float>
  /// Floats from one row to the next; 0 for packed panels.
  public var cRowStride: Int
  /// Rows of C before the first one that is written, and from one group to the next.
  public var cFirstRow = 0
  public var cGroupRows = 0
  /// Floats from one panel to the next. These panels have ``KernelSet/panelWidth`` columns, unlike those of B.
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
  /// Rows from the start of one group to the start of the next; `nil` if the rows of all groups are not evenly spaced
  /// in A. If they are, they form one run, and a tile can hold the end of one group and the start of the next. Rows
  /// between groups belong to none.
  public var rowsFromGroupToGroup: Int? {
    aRowStride > 0 && aGroupStride % aRowStride == 0 && aGroupStride / aRowStride >= rowCount
      ? aGroupStride / aRowStride : nil
  }

  /// Rows after the last row of A that may be read to fill up a tile. The memory must exist; its contents
  /// enter no result.
  public static let rowsReadAfterTheLast = 2 * BFloat16Tile.rows - 1
}
