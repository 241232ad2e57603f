// The one product that dense layers and convolutions are made of.
//
//     C[g, i, j]  =  start  +  Σ over s < segmentCount, d < depth of  A[g, i, s, d] · B[s, d, j]
//
// (or B[g, s, d, j], if groups are separate products).
//
// A is read through four strides, so that it can be a matrix, its transpose, or the patches of an image in place,
// without a copy. B and C are cut into panels of `panelWidth` columns, so that a panel of packed weights is read from
// front to back.
//
//     dense forward          i = image           d = input                    j = output
//     dense input gradient   i = image           d = output                   j = input, B is the transpose
//     dense weight gradient  i = input           d = image                    j = output
//     convolution forward    g = y, i = x        s = kernel row, d = (kernel column, channel)   j = output channel
//     its weight gradient    g = kernel row, i = (kernel column, channel)     s = y, d = x      j = output channel
//     Winograd's components  g = component, i = tile   d = input channel      j = output channel
//     its input gradient     g = component, i = tile   s = panel, d = output channel of it      j = input channel
//     its weight gradient    i = input channel         d = tile   j = output channel; a product for each component

/// A product of matrices, as the kernels take it. Strides are in floats, unless the name says rows.
public struct MatrixProduct {
  /// Rows of a group, and the number of groups, in A and C.
  public var rowCount: Int
  public var groupCount = 1
  /// Columns of B and C, a multiple of ``Lane/width``.
  public var columnCount: Int
  /// Terms of a segment, and the number of segments, in each sum.
  public var depth: Int
  public var segmentCount = 1

  public var a: UnsafePointer<Float>
  public var aRowStride: Int
  public var aDepthStride: Int
  public var aGroupStride = 0
  public var aSegmentStride = 0
  /// Floats from a register tile's first row to that of the next; 0 if rows follow each other. See
  /// ``KernelSet/packTiles``.
  public var aTileStride = 0

  public var b: UnsafePointer<Float>
  /// Floats from one term to the next; 0 for packed panels, whose rows follow each other.
  public var bRowStride: Int
  /// Rows of B from one segment to the next.
  public var bSegmentRows = 0
  public var bPanelStride: Int
  public var bGroupStride = 0

  public var c: UnsafeMutablePointer<Float>
  /// Floats from one row to the next; 0 for packed panels.
  public var cRowStride: Int
  /// Rows of C from one group to the next.
  public var cGroupRows = 0
  public var cPanelStride: Int

  /// The terms that count, tile by tile, with copies of A at these terms, which are read instead of `a`; `nil` if
  /// all terms count.
  public var terms: TermLists?

  /// The values that the sums start from.
  public enum Start {
    case zero
    /// The contents of C.
    case accumulate
    /// A value for each column.
    case bias(UnsafePointer<Float>)
  }
  public var start = Start.zero
  /// Whether negative results become 0.
  public var rectifies = false

  public init(
    rowCount: Int, columnCount: Int, depth: Int, a: UnsafePointer<Float>, aRowStride: Int, aDepthStride: Int,
    b: UnsafePointer<Float>, bRowStride: Int, bPanelStride: Int, c: UnsafeMutablePointer<Float>,
    cRowStride: Int,
    cPanelStride: Int
  ) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.depth = depth
    self.a = a
    self.aRowStride = aRowStride
    self.aDepthStride = aDepthStride
    self.b = b
    self.bRowStride = bRowStride
    self.bPanelStride = bPanelStride
    self.c = c
    self.cRowStride = cRowStride
    self.cPanelStride = cPanelStride
  }
}
