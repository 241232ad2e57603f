// Which terms of a product's sums are worth adding where A holds many zeros, as it does where it is an image's background.

/// For each register tile of rows of a product, the terms at which A is not 0 in all of the tile's rows.
///
/// A term that is left out would have added 0 to every sum of the tile: results are the same, bit for bit, as long as B is
/// finite. A product whose rows are cut into `n` tiles has lists 0 to `n` − 1; it has one group and one segment.
public struct TermLists {
  /// [tile][stride]: for each term that counts, how many terms it is behind the one before it, and the first behind
  /// term 0. (With steps, addresses go on from term to term, and the compiler finds registers for all sums of a tile. With
  /// the terms themselves it did not.)
  public var steps: UnsafeMutablePointer<UInt32>
  /// From one list to the next: at least the product's depth.
  public var stride: Int
  /// [tile]: how many.
  public var counts: UnsafeMutablePointer<Int>

  public init(steps: UnsafeMutablePointer<UInt32>, stride: Int, counts: UnsafeMutablePointer<Int>) {
    self.steps = steps
    self.stride = stride
    self.counts = counts
  }

  /// The lists from `tile` on.
  public func from(_ tile: Int) -> TermLists {
    TermLists(steps: steps + tile * stride, stride: stride, counts: counts + tile)
  }
}
