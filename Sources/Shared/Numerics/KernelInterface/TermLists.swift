// The terms of a product's sums that are worth adding if A has many zeros, as images have in their background.

/// For each register tile of a product's rows, the terms at which A is nonzero in at least one row, and
/// A's values there.
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
