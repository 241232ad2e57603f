// How rows or pixels are shared out among register tiles.

/// Shares of a count, as few as have at most `limit` each, and as even as possible: 14 as 7 + 7 and not as 12 + 2, since
/// small tiles wait for the latency of the multiply-adds. The larger shares come first.
struct EvenShares {
  /// The number of shares.
  let count: Int
  private let least: Int
  /// The number of shares that are larger by 1.
  private let larger: Int

  /// Divides once, so that a share costs no division.
  @inline(__always)
  init(of total: Int, atMost limit: Int) {
    count = (total &+ limit &- 1) / limit
    least = total / max(count, 1)
    larger = total &- least &* count
  }

  @inline(__always)
  subscript(share: Int) -> Int { share < larger ? least &+ 1 : least }
}
