// The lists of terms that count, for a product with an A full of zeros.

import KernelInterface

extension KernelTable {
  /// Fills the product's lists by a look at its A, one stride of which, from row to row or from term to term, is 1.
  public static func listTerms(of product: MatrixProduct) {
    guard let lists = product.terms else { return }
    let tileCount = tileCount(product.rowCount)
    var a = product.a
    var rowsLeft = product.rowCount
    for tile in 0..<tileCount {
      let rows = evenShare(of: rowsLeft, tilesLeft: tileCount &- tile)
      let steps = lists.steps + tile &* lists.stride
      if product.aDepthStride == 1 {
        markTerms(steps, product.depth, a, rows, rowStride: product.aRowStride)
      } else {
        markTerms(steps, product.depth, a, rows, depthStride: product.aDepthStride)
      }
      lists.counts[tile] = compact(steps, product.depth)
      a += rows &* product.aRowStride
      rowsLeft &-= rows
    }
  }
}

/// marks[d] ← the bits of A[i, d] in all rows i, together. (Negative zero counts as a number; no pixel is that.)
@inline(__always)
private func markTerms(
  _ marks: UnsafeMutablePointer<UInt32>, _ depth: Int, _ a: UnsafePointer<Float>, _ rows: Int,
  rowStride: Int
) {
  for start in vectorStarts(depth) {
    var bits = IntegerVector.zero
    var row = UnsafeRawPointer(a + start)
    for _ in 0..<rows {
      bits |= row.loadUnaligned(as: IntegerVector.self)
      row += rowStride &* MemoryLayout<Float>.stride
    }
    UnsafeMutableRawPointer(marks + start).storeBytes(of: bits, as: IntegerVector.self)
  }
}

/// The same where the values of a term lie side by side: two at a time.
@inline(__always)
private func markTerms(
  _ marks: UnsafeMutablePointer<UInt32>, _ depth: Int, _ a: UnsafePointer<Float>, _ rows: Int,
  depthStride: Int
) {
  var term = UnsafeRawPointer(a)
  let last = (rows &- 1) &* MemoryLayout<Float>.stride
  for index in 0..<depth {
    var bits = UInt64(term.loadUnaligned(fromByteOffset: last, as: UInt32.self))
    for pair in 0..<rows / 2 {
      bits |= term.loadUnaligned(fromByteOffset: pair &* MemoryLayout<UInt64>.stride, as: UInt64.self)
    }
    marks[index] = UInt32(truncatingIfNeeded: bits | bits >> 32)
    term += depthStride &* MemoryLayout<Float>.stride
  }
}

/// Replaces the marks by the steps between those that are not 0, and returns how many there are.
@inline(__always)
private func compact(_ marks: UnsafeMutablePointer<UInt32>, _ depth: Int) -> Int {
  var count = 0
  var last = 0
  for index in 0..<depth {
    let isMarked = marks[index] != 0
    // Written in any case, never ahead of what is read: no branch that could be guessed wrongly.
    marks[count] = UInt32(truncatingIfNeeded: index &- last)
    count &+= isMarked ? 1 : 0
    last = isMarked ? index : last
  }
  return count
}
