// The register tile: rows × vectors of C kept in registers while all terms of their sums are added.
//
// Each term loads `vectors` vectors of B once and one float of A for each row, broadcast: rows · vectors multiply-adds
// for rows + vectors loads. Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008), call it
// the inner kernel. The optimiser unrolls the loops over rows and vectors, whose counts are part of the type, and
// keeps the arrays in registers; one text serves all sizes.

import KernelInterface

#if AVX512 || arch(arm64)
  // Twelve rows by two vectors are 24 sums; with two vectors of B that is 26 of 32 registers (A is broadcast from
  // memory). Fourteen rows would fit but made the compiler spill: 33 instead of 118 GFLOP/s.
  let tileRows = 12
#else
  // Six rows by two vectors are 12 sums; with two vectors of B and one of A that is 15 of 16 registers.
  let tileRows = 6
#endif

/// Two vectors: with one, each multiply-add would need a load of its own, and loads would bind.
let panelWidth = 2 * vectorWidth

/// Where a tile starts in A, B and C, and how B and C go on from row to row.
struct TilePlace {
  var a: UnsafePointer<Float>
  var b: UnsafePointer<Float>
  var bRowStride: Int
  var c: UnsafeMutablePointer<Float>
  var cRowStride: Int
  /// The first column, for the bias.
  var column: Int
}

enum Tile<let rows: Int, let vectors: Int> {
  typealias Sums = InlineArray<rows, InlineArray<vectors, Vector>>

  @inline(__always)
  static func multiply(_ product: borrowing MatrixProduct, _ place: TilePlace) {
    var sums = start(product, place)
    var aSegment = place.a
    var bSegment = place.b
    for _ in 0..<product.segmentCount {
      accumulate(&sums, product, a: aSegment, b: bSegment, bRowStride: place.bRowStride)
      aSegment += product.aSegmentStride
      bSegment += product.bSegmentRows &* place.bRowStride
    }
    if product.rectifies { rectify(&sums) }
    for row in 0..<rows {
      for vector in 0..<vectors {
        store(sums[row][vector], place.c + (row &* place.cRowStride &+ vector &* vectorWidth))
      }
    }
  }

  // Loops over the sums do one thing each: the optimiser unrolls no others, and sums that are indexed by a variable
  // live in memory.

  @inline(__always)
  private static func rectify(_ sums: inout Sums) {
    for row in 0..<rows {
      for vector in 0..<vectors { sums[row][vector] = rectified(sums[row][vector]) }
    }
  }

  @inline(__always)
  private static func start(_ product: borrowing MatrixProduct, _ place: TilePlace) -> Sums {
    var sums = Sums(repeating: InlineArray(repeating: Vector.zero))
    switch product.start {
    case .zero: break
    case .accumulate:
      for row in 0..<rows {
        for vector in 0..<vectors {
          sums[row][vector] = load(place.c + (row &* place.cRowStride &+ vector &* vectorWidth))
        }
      }
    case .bias(let bias):
      for vector in 0..<vectors {
        let value = load(bias + (place.column &+ vector &* vectorWidth))
        for row in 0..<rows { sums[row][vector] = value }
      }
    }
    return sums
  }

  @inline(__always)
  private static func accumulate(
    _ sums: inout Sums, _ product: borrowing MatrixProduct, a: UnsafePointer<Float>, b: UnsafePointer<Float>,
    bRowStride: Int
  ) {
    var a = a
    var b = b
    let aRowStride = product.aRowStride
    for _ in 0..<product.depth {
      var factors = InlineArray<vectors, Vector>(repeating: Vector.zero)
      for vector in 0..<vectors { factors[vector] = load(b + vector &* vectorWidth) }
      for row in 0..<rows {
        let factor = Vector(repeating: a[row &* aRowStride])
        for vector in 0..<vectors { multiplyAdd(&sums[row][vector], factor, factors[vector]) }
      }
      a += product.aDepthStride
      b += bRowStride
    }
  }
}
