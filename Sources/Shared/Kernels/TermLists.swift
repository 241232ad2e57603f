// The lists of terms that count, for a product with an A full of zeros, and A packed into tiles.

import KernelInterface

extension KernelTable {
  /// Fills the product's lists by a look at its A, one stride of which, from row to row or from term to term, is 1, and
  /// copies what is listed.
  public static func listTerms(of product: MatrixProduct) {
    guard let lists = product.terms else { return }
    let tileCount = tileCount(product.rowCount)
    var a = product.a
    var rowsLeft = product.rowCount
    for tile in 0..<tileCount {
      let rows = evenShare(of: rowsLeft, tilesLeft: tileCount &- tile)
      let terms = lists.terms + tile &* lists.stride
      if product.aDepthStride == 1 {
        markTerms(terms, product.depth, a, rows, rowStride: product.aRowStride)
      } else {
        markTerms(terms, product.depth, a, rows, depthStride: product.aDepthStride)
      }
      let count = compact(terms, product.depth)
      lists.counts[tile] = count
      var packed = lists.packed + tile &* lists.packedStride
      for index in 0..<count {
        copyTerm(a + Int(terms[index]) &* product.aDepthStride, rows, product.aRowStride, to: packed)
        packed += rows
      }
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

/// Replaces the marks by the numbers of those that are not 0, and returns how many there are.
@inline(__always)
private func compact(_ marks: UnsafeMutablePointer<UInt32>, _ depth: Int) -> Int {
  var count = 0
  for index in 0..<depth {
    let isMarked = marks[index] != 0
    // Written in any case, never ahead of what is read: no branch that could be guessed wrongly.
    marks[count] = UInt32(truncatingIfNeeded: index)
    count &+= isMarked ? 1 : 0
  }
  return count
}

extension KernelTable {
  /// packed[tile][term][row] ← A[row, term], with `tileRows` floats for each term of each tile.
  public static func packTiles(of product: MatrixProduct, to packed: UnsafeMutablePointer<Float>) {
    let tileCount = tileCount(product.rowCount)
    var a = product.a
    var packed = packed
    var rowsLeft = product.rowCount
    for tile in 0..<tileCount {
      let rows = evenShare(of: rowsLeft, tilesLeft: tileCount &- tile)
      for term in 0..<product.depth {
        copyTerm(a + term &* product.aDepthStride, rows, product.aRowStride, to: packed)
        packed += tileRows
      }
      a += rows &* product.aRowStride
      rowsLeft &-= rows
    }
  }
}

/// packed[row] ← a[row]: four rows at a time, the last four of which may overlap with those before.
@inline(__always)
private func copyTerm(
  _ a: UnsafePointer<Float>, _ rows: Int, _ rowStride: Int, to packed: UnsafeMutablePointer<Float>
) {
  guard rows >= 4 else {
    for row in 0..<rows { packed[row] = a[row &* rowStride] }
    return
  }
  var row = 0
  while row < rows {
    row = min(row, rows &- 4)
    let (source, target) = (a + row &* rowStride, packed + row)
    if rowStride == 1 {
      let four = UnsafeRawPointer(source).loadUnaligned(as: SIMD4<Float>.self)
      UnsafeMutableRawPointer(target).storeBytes(of: four, as: SIMD4<Float>.self)
    } else {
      target[0] = source[0]
      target[1] = source[rowStride]
      target[2] = source[2 &* rowStride]
      target[3] = source[3 &* rowStride]
    }
    row &+= 4
  }
}
