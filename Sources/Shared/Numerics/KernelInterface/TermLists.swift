// Which terms of a product's sums are worth adding where A holds many zeros, as it does where it is an image's background.

/// For each register tile of rows of a product, the terms at which A is not 0 in all of the tile's rows, and what A is
/// there.
///
/// A term that is left out would have added 0 to every sum of the tile: results are the same, bit for bit, as long as B is
/// finite. A product whose rows are cut into `n` tiles has lists 0 to `n` − 1; it has one group and one segment.
///
/// A is copied to where a tile reads it from front to back. Where it lies, a tile of twelve rows reads from twelve rows far
/// apart, or, of a transpose, from another page of memory for each term: more pages than a processor's first-level
/// translation buffer has entries for.
public struct TermLists {
  /// [tile][stride]: the numbers of the terms that count, in ascending order.
  public var terms: UnsafeMutablePointer<UInt32>
  /// From one list to the next: at least the product's depth and ``lookahead``.
  public var stride: Int
  /// [tile]: how many.
  public var counts: UnsafeMutablePointer<Int>
  /// [tile][packedStride]: of each term that counts, A in the tile's rows, [term][row].
  public var packed: UnsafeMutablePointer<Float>
  /// From one tile's copy to the next: at least the product's depth for each row of a tile.
  public var packedStride: Int

  /// Terms by which the rows of B are asked for before they are needed. Rows that are left out keep the processor from
  /// foreseeing which comes next. Eight terms take a hundred cycles, as long as the third-level cache takes. Numbers after
  /// a list's end are looked up, too, so there must be memory.
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
