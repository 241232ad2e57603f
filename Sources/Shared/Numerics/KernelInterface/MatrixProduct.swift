// The one product that dense layers and convolutions are made of.
//
//     C[g, i, j]  =  start  +  Σ over s < segmentCount, d < depth of  A[g, i, s, d] · B[s, d, j]
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
//     Winograd's components  i = tile            d = input channel            j = output channel
//     its input gradient     i = tile            s = panel, d = output channel of it            j = input channel
//     its weight gradient    i = input channel   d = tile                     j = output channel
//
// Winograd's method has a product for each component.

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

// MARK: - Terms that count

/// The terms of a product's sums that are worth adding if A has many zeros, as images have in their background. For
/// each register tile of the product's rows, they are the terms at which A is nonzero in at least one row, with A's
/// values there.
///
/// A term that is left out would have added 0 to every sum of the tile, so that results are the same, bit for bit,
/// as long as B is finite. A product whose rows are cut into `n` tiles has lists 0 to `n` − 1. It has one group
/// and one segment.
///
/// A is copied, so that a tile reads it from front to back. In its own place, a tile of twelve rows would read from
/// twelve rows far apart or, in a transpose, from another page of memory for each term: more pages than a processor's
/// first-level translation buffer has entries for.
public struct TermLists {
  /// [tile][stride]: the numbers of the terms that count, in ascending order.
  public var terms: UnsafeMutablePointer<UInt32>
  /// Entries from one list to the next: at least the product's depth plus ``lookahead``.
  public var stride: Int
  /// [tile]: the number of terms that count.
  public var counts: UnsafeMutablePointer<Int>
  /// [tile][packedStride]: A in the tile's rows for each term that counts, [term][row].
  public var packed: UnsafeMutablePointer<Float>
  /// Floats from one tile's copy to the next: at least the product's depth times the rows of a tile.
  public var packedStride: Int

  /// The number of terms by which rows of B are prefetched. Since some rows are left out, the processor cannot predict
  /// the next one. Eight terms take a hundred cycles, as long as the third-level cache takes. The entries after the
  /// end of a list are read too, so that their memory must exist.
  public static let lookahead = 8

  public init(
    terms: UnsafeMutablePointer<UInt32>, stride: Int, counts: UnsafeMutablePointer<Int>,
    packed: UnsafeMutablePointer<Float>, packedStride: Int
  ) {
    self.terms = terms
    self.stride = stride
    self.counts = counts
    self.packed = packed
    self.packedStride = packedStride
  }

  /// The lists from `tile` on.
  public func from(_ tile: Int) -> TermLists {
    TermLists(
      terms: terms + tile * stride, stride: stride, counts: counts + tile,
      packed: packed + tile * packedStride, packedStride: packedStride)
  }
}

// MARK: - The flipped kernel

/// The kernel with which an output gradient is convolved to give the input gradient: taps in reverse order, input and
/// output channels exchanged.
///
///     packed  [outputPanel][tap, inputChannel][width]  →  flipped [inputPanel][tapCount − 1 − tap, outputChannel][width]
public struct KernelFlip {
  public var tapCount: Int
  /// Both counts are multiples of ``Lane/width``.
  public var inputChannels: Int
  public var outputChannels: Int
  /// The input panels to write.
  public var panels: Range<Int>
  public var packed: UnsafePointer<Float>
  public var flipped: UnsafeMutablePointer<Float>

  public init(
    tapCount: Int, inputChannels: Int, outputChannels: Int, panels: Range<Int>,
    packed: UnsafePointer<Float>, flipped: UnsafeMutablePointer<Float>
  ) {
    self.tapCount = tapCount
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.panels = panels
    self.packed = packed
    self.flipped = flipped
  }
}
