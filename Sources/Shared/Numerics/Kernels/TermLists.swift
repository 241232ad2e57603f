// The lists of terms that count, for a product whose A has many zeros, and A packed into tiles.
//
// Loops take four terms or four rows at a time. They always write a term to the end of its list, and lengthen the
// list if the term counts. So there is no branch to mispredict, and a list is never longer than the number of
// terms examined.

import KernelInterface

private typealias Four = SIMD4<Float>
private typealias FourWords = SIMD4<UInt32>

extension KernelTable {
  /// Fills the product's lists from its A, and copies the listed terms. The row stride or the depth stride of A is 1.
  /// (Negative zero counts as nonzero; no pixel is −0.)
  ///
  /// - Complexity: O(rowCount · depth).
  public static func listTerms(of product: MatrixProduct) {
    guard let lists = product.terms else { return }
    if product.aRowStride == 1 {
      listColumns(product, lists)
    } else {
      listRows(product, lists)
    }
  }

  /// packed[tile][term][row] ← A[row, term], with `tileRows` floats for each term of each tile; the row stride of A is 1.
  public static func packTiles(of product: MatrixProduct, to packed: UnsafeMutablePointer<Float>) {
    let shares = EvenShares(of: product.rowCount, atMost: KernelTable.tileRows)
    for term in 0..<product.depth {
      var a = product.a + term &* product.aDepthStride
      var target = packed + term &* tileRows
      for tile in 0..<shares.count {
        let rows = shares[tile]
        _ = copy(a, rows, to: target)
        a += rows
        target += product.depth &* tileRows
      }
    }
  }
}

/// Lists terms if the values of a term are adjacent, for all tiles at once, so that memory is read from front to back.
private func listColumns(_ product: MatrixProduct, _ lists: TermLists) {
  let shares = EvenShares(of: product.rowCount, atMost: KernelTable.tileRows)
  for tile in 0..<shares.count { lists.counts[tile] = 0 }
  for term in 0..<product.depth {
    var a = product.a + term &* product.aDepthStride
    for tile in 0..<shares.count {
      let rows = shares[tile]
      let count = lists.counts[tile]
      lists.terms[tile &* lists.stride &+ count] = UInt32(truncatingIfNeeded: term)
      let counts = copy(a, rows, to: lists.packed + (tile &* lists.packedStride &+ count &* rows))
      lists.counts[tile] = count &+ (counts ? 1 : 0)
      a += rows
    }
  }
}

/// Copies a run, and returns whether any value of it is nonzero. The last four values may overlap with those before.
@inline(__always)
private func copy(
  _ source: UnsafePointer<Float>, _ count: Int, to target: UnsafeMutablePointer<Float>
) -> Bool {
  if count < 4 {
    var bits: UInt32 = 0
    for index in 0..<count {
      bits |= source[index].bitPattern
      target[index] = source[index]
    }
    return bits != 0
  }
  var bits = FourWords.zero
  var index = 0
  while index < count {
    index = min(index, count &- 4)
    let four = UnsafeRawPointer(source + index).loadUnaligned(as: FourWords.self)
    UnsafeMutableRawPointer(target + index).storeBytes(of: four, as: FourWords.self)
    bits |= four
    index &+= 4
  }
  return isAnySet(bits)
}

/// Lists terms if the values of a row are adjacent.
private func listRows(_ product: MatrixProduct, _ lists: TermLists) {
  let shares = EvenShares(of: product.rowCount, atMost: KernelTable.tileRows)
  var a = product.a
  for tile in 0..<shares.count {
    let rows = shares[tile]
    var list = TileList(
      terms: lists.terms + tile &* lists.stride, packed: lists.packed + tile &* lists.packedStride, rows: rows
    )
    for start in stride(from: 0, to: product.depth, by: 4) {
      list.add(a + start, rowStride: product.aRowStride, firstTerm: start)
    }
    lists.counts[tile] = list.count
    a += rows &* product.aRowStride
  }
}

/// The list of one tile, as it grows.
private struct TileList {
  let terms: UnsafeMutablePointer<UInt32>
  let packed: UnsafeMutablePointer<Float>
  let rows: Int
  var count = 0

  /// Examines four terms.
  @inline(__always)
  mutating func add(_ a: UnsafePointer<Float>, rowStride: Int, firstTerm: Int) {
    var bits = FourWords.zero
    for row in 0..<rows {
      bits |= UnsafeRawPointer(a + row &* rowStride).loadUnaligned(as: FourWords.self)
    }
    guard isAnySet(bits) else { return }
    let second = count &+ (bits[0] == 0 ? 0 : 1)
    let third = second &+ (bits[1] == 0 ? 0 : 1)
    let fourth = third &+ (bits[2] == 0 ? 0 : 1)
    let term = UInt32(truncatingIfNeeded: firstTerm)
    terms[count] = term
    terms[second] = term &+ 1
    terms[third] = term &+ 2
    terms[fourth] = term &+ 3
    pack(a, rowStride: rowStride, to: (count, second, third, fourth))
    count = fourth &+ (bits[3] == 0 ? 0 : 1)
  }

  /// Copies four terms of all rows to their places in the list. If several have the same place, the last one stays.
  @inline(__always)
  private func pack(_ a: UnsafePointer<Float>, rowStride: Int, to places: (Int, Int, Int, Int)) {
    let (first, second) = (packed + places.0 &* rows, packed + places.1 &* rows)
    let (third, fourth) = (packed + places.2 &* rows, packed + places.3 &* rows)
    if rows < 4 {
      for row in 0..<rows {
        let source = a + row &* rowStride
        first[row] = source[0]
        second[row] = source[1]
        third[row] = source[2]
        fourth[row] = source[3]
      }
      return
    }
    var row = 0
    while row < rows {
      // The last four may overlap with those before.
      row = min(row, rows &- 4)
      let terms = transposed(a + row &* rowStride, rowStride)
      write(terms.0, first + row)
      write(terms.1, second + row)
      write(terms.2, third + row)
      write(terms.3, fourth + row)
      row &+= 4
    }
  }
}

/// Transposes a square of 4 × 4; see TransposePanels.swift.
@inline(__always)
private func transposed(_ source: UnsafePointer<Float>, _ rowStride: Int) -> (Four, Four, Four, Four) {
  func row(_ index: Int) -> Four {
    UnsafeRawPointer(source + index &* rowStride).loadUnaligned(as: Four.self)
  }
  let above = SIMD8(lowHalf: row(0), highHalf: row(1))
  let below = SIMD8(lowHalf: row(2), highHalf: row(3))
  let even = SIMD8(lowHalf: above.evenHalf, highHalf: below.evenHalf)
  let odd = SIMD8(lowHalf: above.oddHalf, highHalf: below.oddHalf)
  return (even.evenHalf, odd.evenHalf, even.oddHalf, odd.oddHalf)
}

/// Returns whether any bit is set. (The standard library compares element by element.)
@inline(__always)
private func isAnySet(_ bits: FourWords) -> Bool {
  let halves = unsafeBitCast(bits, to: SIMD2<UInt64>.self)
  return halves[0] | halves[1] != 0
}

@inline(__always)
private func write(_ four: Four, _ target: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(target).storeBytes(of: four, as: Four.self)
}
