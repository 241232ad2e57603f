// The instruction TDPBF16PS, term by term, as Intel's manual defines it (Intel 64 and IA-32 Architectures Software
// Developer's Manual, volume 2, "TDPBF16PS"). For each value of C, fused multiply-adds from 0 compute two sums: of the
// products of the first terms of all pairs, and of those of the second terms. The two sums are added, and the result is
// added to C. Each step treats subnormal numbers as 0, rounds to nearest, and turns subnormal results into 0.

/// c [rows, columns] += a [rows, 32] · b [32, columns].
struct ReferenceTileProduct {
  let rowCount: Int
  let columnCount: Int
  static let depth = 32

  func multiplyAdd(a: [Float], b: [Float], c: inout [Float]) {
    for row in 0..<rowCount {
      for column in 0..<columnCount {
        var halves: (first: Float, second: Float) = (0, 0)
        for pair in 0..<Self.depth / 2 {
          let (left, right) = (row * Self.depth + 2 * pair, 2 * pair * columnCount + column)
          halves.first = Self.fused(halves.first, a[left], b[right])
          halves.second = Self.fused(halves.second, a[left + 1], b[right + columnCount])
        }
        let place = row * columnCount + column
        c[place] = Self.sum(c[place], Self.sum(halves.first, halves.second))
      }
    }
  }

  /// sum + a · b
  private static func fused(_ sum: Float, _ a: Float, _ b: Float) -> Float {
    flushed(flushed(sum).addingProduct(flushed(a), flushed(b)))
  }

  private static func sum(_ a: Float, _ b: Float) -> Float { flushed(flushed(a) + flushed(b)) }

  /// Turns a subnormal number into 0 with its sign.
  private static func flushed(_ value: Float) -> Float {
    value.isSubnormal ? (value.sign == .minus ? -0.0 : 0) : value
  }
}
