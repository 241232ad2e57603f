// The product of bfloat16 on vectors. KernelInterface/BFloat16Product.swift has the formula.
//
// As in MatrixProductTile.swift, rows × vectors of C stay in registers while all terms of their sums are added. Here a
// term is a pair. With AVX-512 BF16, one instruction adds both products of a pair. Without it, a shift and a mask turn
// the halves of a pair into floats, which are two terms. The sums are the same, bit for bit, on all processors with
// fused multiply-adds.

import CVectorMath
import KernelInterface

extension KernelTable {
  public static func multiply(_ product: BFloat16Product) {
    let termCount = product.segments.count &* product.depth
    for panel in stride(from: 0, to: product.columnCount, by: BFloat16Tile.panelWidth) {
      let width = min(BFloat16Tile.panelWidth, product.columnCount &- panel)
      for column in stride(from: panel, to: panel &+ width, by: panelWidth) {
        let isWide = panel &+ width &- column >= panelWidth
        for group in 0..<product.groupCount {
          let place = PairPlace(
            a: product.a + group &* product.aGroupStride,
            b: UnsafeRawPointer(product.b + (panel &* termCount &+ 2 &* (column &- panel))),
            bStride: 4 &* width, group: group, column: column)
          multiplyRows(product, place, isWide: isWide)
        }
      }
    }
  }
}

#if AVX512 || arch(arm64)
  /// As many rows as in the tile of floats.
  private let pairTileRows = 12
#else
  /// Four rows by two vectors are eight sums. With both halves of two vectors of B and of one of A, they take 14
  /// of 16 registers.
  private let pairTileRows = 4
#endif

/// The places at which a tile's operands start, and the position of its first value in C.
private struct PairPlace {
  var a: UnsafePointer<BFloat16>
  var b: UnsafeRawPointer
  /// Bytes from one pair of terms to the next.
  var bStride: Int
  var group: Int
  var row = 0
  var column: Int
}

@inline(__always)
private func multiplyRows(_ product: BFloat16Product, _ place: PairPlace, isWide: Bool) {
  let shares = EvenShares(of: product.rowCount, atMost: pairTileRows)
  var place = place
  for tile in 0..<shares.count {
    let rows = shares[tile]
    if isWide {
      multiplyPairs(rows: rows, product, place)
    } else {
      multiplyNarrowPairs(rows: rows, product, place)
    }
    place.a += rows &* product.aRowStride
    place.row &+= rows
  }
}

@inline(__always)
private func multiplyPairs(rows: Int, _ product: BFloat16Product, _ place: PairPlace) {
  switch rows {
  case 1: PairTile<1, 2>.multiply(product, place)
  case 2: PairTile<2, 2>.multiply(product, place)
  case 3: PairTile<3, 2>.multiply(product, place)
  case 4: PairTile<4, 2>.multiply(product, place)
  #if AVX512 || arch(arm64)
    case 5: PairTile<5, 2>.multiply(product, place)
    case 6: PairTile<6, 2>.multiply(product, place)
    case 7: PairTile<7, 2>.multiply(product, place)
    case 8: PairTile<8, 2>.multiply(product, place)
    case 9: PairTile<9, 2>.multiply(product, place)
    case 10: PairTile<10, 2>.multiply(product, place)
    case 11: PairTile<11, 2>.multiply(product, place)
    case 12: PairTile<12, 2>.multiply(product, place)
  #endif
  default: preconditionFailure("a tile has 1 to \(pairTileRows) rows, not \(rows)")
  }
}

/// Multiplies a last panel of one vector. Only with AVX-512, whose vector is as wide as the lane, do such panels exist.
@inline(__always)
private func multiplyNarrowPairs(rows: Int, _ product: BFloat16Product, _ place: PairPlace) {
  #if AVX512
    switch rows {
    case 1: PairTile<1, 1>.multiply(product, place)
    case 2: PairTile<2, 1>.multiply(product, place)
    case 3: PairTile<3, 1>.multiply(product, place)
    case 4: PairTile<4, 1>.multiply(product, place)
    case 5: PairTile<5, 1>.multiply(product, place)
    case 6: PairTile<6, 1>.multiply(product, place)
    case 7: PairTile<7, 1>.multiply(product, place)
    case 8: PairTile<8, 1>.multiply(product, place)
    case 9: PairTile<9, 1>.multiply(product, place)
    case 10: PairTile<10, 1>.multiply(product, place)
    case 11: PairTile<11, 1>.multiply(product, place)
    case 12: PairTile<12, 1>.multiply(product, place)
    default: preconditionFailure("a tile has 1 to \(pairTileRows) rows, not \(rows)")
    }
  #else
    preconditionFailure("the lane is a multiple of the panel's width")
  #endif
}

private enum PairTile<let rows: Int, let vectors: Int> {
  @inline(never)
  static func multiply(_ product: BFloat16Product, _ position: PairPlace) {
    withVectors { sums in
      if case .bias(let bias) = product.start {
        for row in 0..<rows {
          for vector in 0..<vectors {
            sums[row &* vectors &+ vector] = load(bias + (position.column &+ vector &* vectorWidth))
          }
        }
      }
      addSegments(product, position, to: sums)
      let (start, stride) = target(product, position)
      if case .accumulate = product.start {
        for row in 0..<rows {
          for vector in 0..<vectors {
            sums[row &* vectors &+ vector] += load(start + (row &* stride &+ vector &* vectorWidth))
          }
        }
      }
      if product.rectifies {
        for row in 0..<rows {
          for vector in 0..<vectors {
            sums[row &* vectors &+ vector] = rectified(sums[row &* vectors &+ vector])
          }
        }
      }
      for row in 0..<rows {
        for vector in 0..<vectors {
          store(sums[row &* vectors &+ vector], start + (row &* stride &+ vector &* vectorWidth))
        }
      }
    }
  }

  @inline(__always)
  private static func addSegments(
    _ product: BFloat16Product, _ position: PairPlace, to sums: UnsafeMutablePointer<Vector>
  ) {
    let aRowStride = product.aRowStride
    var b = position.b
    for segment in product.segments {
      var a = position.a + segment
      for _ in 0..<product.depth / 2 {
        addPair(to: sums, a: a, aRowStride: aRowStride, b: b)
        a += 2
        b += position.bStride
      }
    }
  }

  /// Adds a pair of terms to each sum: a pair of A for each row, and a row of pairs of B for all.
  @inline(__always)
  private static func addPair(
    to sums: UnsafeMutablePointer<Vector>, a: UnsafePointer<BFloat16>, aRowStride: Int, b: UnsafeRawPointer
  ) {
    let first = b.loadUnaligned(as: IntegerVector.self)
    let second =
      vectors == 2
      ? b.loadUnaligned(fromByteOffset: 4 &* vectorWidth, as: IntegerVector.self) : first
    for row in 0..<rows {
      let pair = UnsafeRawPointer(a + row &* aRowStride).loadUnaligned(as: UInt32.self)
      let factors = IntegerVector(repeating: pair)
      multiplyAddPairs(&sums[row &* vectors], factors, first)
      if vectors == 2 { multiplyAddPairs(&sums[row &* vectors &+ 1], factors, second) }
    }
  }

  /// Returns the address of the tile's first value in C, and the row stride there.
  @inline(__always)
  private static func target(
    _ product: BFloat16Product, _ position: PairPlace
  ) -> (UnsafeMutablePointer<Float>, stride: Int) {
    (
      place(product, group: position.group, row: position.row, column: position.column),
      rowStride(product, column: position.column)
    )
  }
}

/// sum += the products of the second terms of pairs, then those of the first.
@inline(__always)
private func multiplyAddPairs(_ sum: inout Vector, _ a: IntegerVector, _ b: IntegerVector) {
  #if BF16
    sum = vector_math_multiply_add_pairs_16(a, b, sum)
  #else
    sum = sum.adding(upperHalves(a), times: upperHalves(b))
    sum = sum.adding(lowerHalves(a), times: lowerHalves(b))
  #endif
}
