// The register tile: rows × vectors of C that stay in registers while all terms of their sums are added.
//
// Each term loads `vectors` vectors of B once and broadcasts one float of A for each row: rows · vectors multiply-adds
// for rows + vectors loads. Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008), call this
// the inner kernel. The counts of rows and vectors are part of the type, so that the optimiser unrolls the loops over
// them and keeps the sums in registers; one source serves all sizes. There are one or two vectors.

import CVectorMath
import KernelInterface

extension KernelTable {
  #if AVX512 || arch(arm64)
    // Twelve rows by two vectors are 24 sums. With two vectors of B and two broadcast floats of A, they take 28 of 32
    // registers. Fourteen rows would take all 32, but the compiler spilled: 118 GFLOP/s became 33.
    public static var tileRows: Int { 12 }
  #else
    // Six rows by two vectors are 12 sums, which, with two vectors of B and one of A, take 15 of 16 registers.
    public static var tileRows: Int { 6 }
  #endif

  /// A panel is two vectors wide. With one, each multiply-add would need its own load, and loads would be
  /// the bottleneck.
  public static var panelWidth: Int { 2 * vectorWidth }
}

/// The most terms that are added up in registers. Longer sums are sums of blocks. The error of a float sum of n terms
/// grows with √n as a rule, and with n at worst: 3 million terms, summed in one run, lose three and a half of seven
/// digits. With blocks of k, it grows with √k and √(n / k), which are equal here for 4 million terms. The layers of
/// usual networks have fewer terms, and one block.
let blockTerms = 2048

/// Sums of at least this many terms prefetch B and C. With AVX-512, a panel of B then takes 32 KiB, which is all that
/// the first-level cache holds. It comes from the second level for every tile, and the processor's own prefetching
/// comes late. For the shorter sums of convolutions, prefetching is only more work: a tenth more for nine terms.
private let longSum = 256

/// The number of terms by which rows of B are prefetched: 144 cycles on a processor that begins two
/// multiply-adds a cycle.
private let prefetchedTerms = 12

/// The places at which a tile starts in A, B and C, and the row strides of B and C.
struct TilePlace {
  var a: UnsafePointer<Float>
  var b: UnsafePointer<Float>
  var bRowStride: Int
  var c: UnsafeMutablePointer<Float>
  var cRowStride: Int
  /// The first column, for the bias.
  var column: Int
  /// The numbers of the terms that count, whose values `a` then holds as [term][row]; `nil` if all terms count.
  var terms: UnsafePointer<UInt32>?
  var listedCount = 0
}

enum Tile<let rows: Int, let vectors: Int> {
  /// [rows, vectors]
  typealias Sums = UnsafeMutablePointer<Vector>

  @inline(__always)
  static func multiply(_ product: MatrixProduct, _ place: TilePlace) {
    let termCount = place.terms == nil ? product.segmentCount &* product.depth : place.listedCount
    guard termCount <= blockTerms else { return multiplyBlocks(product, place) }
    withVectors { sums in
      let joins = startSums(sums, product, place)
      if let terms = place.terms {
        accumulate(sums, place, terms, 0..<place.listedCount)
      } else if product.segmentCount == 1 && product.depth >= longSum {
        // The rows of C may be far apart, each in another page.
        prefetchSums(place)
        accumulateLong(sums, product, place)
      } else {
        var aSegment = place.a
        var bSegment = place.b
        for _ in 0..<product.segmentCount {
          accumulate(
            sums, product, a: aSegment, b: bSegment, bRowStride: place.bRowStride, count: product.depth)
          aSegment += product.aSegmentStride
          bSegment += product.bSegmentRows &* place.bRowStride
        }
      }
      finish(sums, product, place, joins: joins, isLast: true)
    }
  }

  /// Sets the sums to their start. Returns whether the values of C must still be added to them.
  @inline(__always)
  private static func startSums(_ sums: Sums, _ product: MatrixProduct, _ place: TilePlace) -> Bool {
    switch product.start {
    case .zero: return false
    case .accumulate: return true
    case .bias(let bias):
      for row in 0..<rows {
        for vector in 0..<vectors {
          sums[row &* vectors &+ vector] = load(bias + (place.column &+ vector &* vectorWidth))
        }
      }
      return false
    }
  }

  @inline(__always)
  private static func accumulate(
    _ sums: Sums, _ product: MatrixProduct, a: UnsafePointer<Float>, b: UnsafePointer<Float>,
    bRowStride: Int, count: Int
  ) {
    var a = a
    var b = b
    let aRowStride = product.aRowStride
    for _ in 0..<count {
      addTerm(to: sums, a: a, aRowStride: aRowStride, b: b)
      a += product.aDepthStride
      b += bRowStride
    }
  }

  /// Adds all terms of a long segment, and prefetches B.
  @inline(__always)
  private static func accumulateLong(_ sums: Sums, _ product: MatrixProduct, _ place: TilePlace) {
    var (a, b) = (place.a, place.b)
    let (aRowStride, bRowStride) = (product.aRowStride, place.bRowStride)
    let ahead = prefetchedTerms &* bRowStride
    for _ in 0..<product.depth {
      prefetch(b + ahead)
      addTerm(to: sums, a: a, aRowStride: aRowStride, b: b)
      a += product.aDepthStride
      b += bRowStride
    }
  }

  /// Adds some of the listed terms.
  @inline(__always)
  private static func accumulate(
    _ sums: Sums, _ place: TilePlace, _ terms: UnsafePointer<UInt32>, _ range: Range<Int>
  ) {
    let (b, bRowStride) = (place.b, place.bRowStride)
    var a = place.a + range.lowerBound &* rows
    for index in range {
      prefetch(b + Int(terms[index &+ TermLists.lookahead]) &* bRowStride)
      addTerm(to: sums, a: a, aRowStride: 1, b: b + Int(terms[index]) &* bRowStride)
      a += rows
    }
  }

  @inline(__always)
  private static func finish(
    _ sums: Sums, _ product: MatrixProduct, _ place: TilePlace, joins: Bool, isLast: Bool
  ) {
    if joins { add(place, to: sums) }
    if product.rectifies && isLast {
      for row in 0..<rows {
        for vector in 0..<vectors {
          sums[row &* vectors &+ vector] = rectified(sums[row &* vectors &+ vector])
        }
      }
    }
    write(sums, to: place)
  }

  // MARK: - Long sums

  /// Does the same for more terms than a block has. It is a separate function, so that it costs short sums nothing.
  /// Each block has its own sums, which begin at 0 and are added to those in C. The compiler would keep sums that
  /// continue from block to block in memory, at a sixth of the speed.
  @inline(never)
  private static func multiplyBlocks(_ product: MatrixProduct, _ place: TilePlace) {
    let termCount = place.terms == nil ? product.segmentCount &* product.depth : place.listedCount
    for first in stride(from: 0, to: termCount, by: blockTerms) {
      multiplyBlock(product, place, first..<min(first &+ blockTerms, termCount), of: termCount)
    }
  }

  @inline(__always)
  private static func multiplyBlock(
    _ product: MatrixProduct, _ place: TilePlace, _ terms: Range<Int>, of termCount: Int
  ) {
    withVectors { sums in
      let joins = terms.lowerBound > 0 || startSums(sums, product, place)
      if let numbers = place.terms {
        accumulate(sums, place, numbers, terms)
      } else {
        var segment = terms.lowerBound / product.depth
        var term = terms.lowerBound % product.depth
        var left = terms.count
        while left > 0 {
          let count = min(product.depth &- term, left)
          accumulate(
            sums, product, a: place.a + (segment &* product.aSegmentStride &+ term &* product.aDepthStride),
            b: place.b + (segment &* product.bSegmentRows &+ term) &* place.bRowStride,
            bRowStride: place.bRowStride, count: count)
          left &-= count
          segment &+= 1
          term = 0
        }
      }
      finish(sums, product, place, joins: joins, isLast: terms.upperBound == termCount)
    }
  }

  /// Adds the values of C.
  @inline(__always)
  private static func add(_ place: TilePlace, to sums: Sums) {
    for row in 0..<rows {
      for vector in 0..<vectors {
        sums[row &* vectors &+ vector] += load(place.c + (row &* place.cRowStride &+ vector &* vectorWidth))
      }
    }
  }

  @inline(__always)
  private static func write(_ sums: Sums, to place: TilePlace) {
    for row in 0..<rows {
      for vector in 0..<vectors {
        store(sums[row &* vectors &+ vector], place.c + (row &* place.cRowStride &+ vector &* vectorWidth))
      }
    }
  }

  /// Prefetches a row of B.
  @inline(__always)
  private static func prefetch(_ b: UnsafePointer<Float>) {
    vector_math_prefetch(b)
    if vectors == 2 && vectorWidth == Lane.width { vector_math_prefetch(b + vectorWidth) }
  }

  /// Prefetches the tile's part of C.
  @inline(__always)
  private static func prefetchSums(_ place: TilePlace) {
    for row in 0..<rows { prefetch(place.c + row &* place.cRowStride) }
  }

  /// Adds one term to each sum: a float of A for each row, and a row of B for all.
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
