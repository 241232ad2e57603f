// The register tile: rows × vectors of C kept in registers while all terms of their sums are added.
//
// Each term loads `vectors` vectors of B once and one float of A for each row, broadcast: rows · vectors multiply-adds
// for rows + vectors loads. Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008), call it
// the inner kernel. The optimiser unrolls the loops over rows and vectors, whose counts are part of the type, and
// keeps the sums in registers; one text serves all sizes. Vectors are one or two.

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
  /// From each term that counts to the next; `nil` where all do.
  var steps: UnsafePointer<UInt32>?
  var stepCount = 0
}

enum Tile<let rows: Int, let vectors: Int> {
  /// [rows, vectors]
  typealias Sums = UnsafeMutablePointer<Vector>

  @inline(__always)
  static func multiply(_ product: MatrixProduct, _ place: TilePlace) {
    withVectors { sums in
      start(sums, product, place)
      if let steps = place.steps {
        accumulate(sums, product, place, steps)
      } else {
        var aSegment = place.a
        var bSegment = place.b
        for _ in 0..<product.segmentCount {
          accumulate(sums, product, a: aSegment, b: bSegment, bRowStride: place.bRowStride)
          aSegment += product.aSegmentStride
          bSegment += product.bSegmentRows &* place.bRowStride
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
          store(sums[row &* vectors &+ vector], place.c + (row &* place.cRowStride &+ vector &* vectorWidth))
        }
      }
    }
  }

  @inline(__always)
  private static func start(_ sums: Sums, _ product: MatrixProduct, _ place: TilePlace) {
    switch product.start {
    case .zero: break
    case .accumulate:
      for row in 0..<rows {
        for vector in 0..<vectors {
          sums[row &* vectors &+ vector] = load(place.c + (row &* place.cRowStride &+ vector &* vectorWidth))
        }
      }
    case .bias(let bias):
      for row in 0..<rows {
        for vector in 0..<vectors {
          sums[row &* vectors &+ vector] = load(bias + (place.column &+ vector &* vectorWidth))
        }
      }
    }
  }

  @inline(__always)
  private static func accumulate(
    _ sums: Sums, _ product: MatrixProduct, a: UnsafePointer<Float>, b: UnsafePointer<Float>,
    bRowStride: Int
  ) {
    var a = a
    var b = b
    let aRowStride = product.aRowStride
    for _ in 0..<product.depth {
      addTerm(to: sums, a: a, aRowStride: aRowStride, b: b)
      a += product.aDepthStride
      b += bRowStride
    }
  }

  /// The listed terms only.
  @inline(__always)
  private static func accumulate(
    _ sums: Sums, _ product: MatrixProduct, _ place: TilePlace, _ steps: UnsafePointer<UInt32>
  ) {
    let aRowStride = product.aRowStride
    var a = place.a
    var b = place.b
    for index in 0..<place.stepCount {
      let step = Int(steps[index])
      a += step &* product.aDepthStride
      b += step &* place.bRowStride
      addTerm(to: sums, a: a, aRowStride: aRowStride, b: b)
    }
  }

  /// One term of each sum: a float of A for each row, a row of B for all.
  @inline(__always)
  private static func addTerm(
    to sums: Sums, a: UnsafePointer<Float>, aRowStride: Int, b: UnsafePointer<Float>
  ) {
    let first = load(b)
    let second = vectors == 2 ? load(b + vectorWidth) : first
    for row in 0..<rows {
      let factor = Vector(repeating: a[row &* aRowStride])
      multiplyAdd(&sums[row &* vectors], factor, first)
      if vectors == 2 { multiplyAdd(&sums[row &* vectors &+ 1], factor, second) }
    }
  }
}
