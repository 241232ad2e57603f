// The register tile: rows × vectors of C kept in registers while all terms of their sums are added.
//
// Each term loads `vectors` vectors of B once and one float of A for each row, broadcast: rows · vectors multiply-adds
// for rows + vectors loads. Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008), call it
// the inner kernel. The optimiser unrolls the loops over rows and vectors, whose counts are part of the type, and
// keeps the sums in registers; one text serves all sizes. Vectors are one or two.

import CVectorMath
import KernelInterface

extension KernelTable {
  #if AVX512 || arch(arm64)
    // Twelve rows by two vectors are 24 sums; with two vectors of B that is 26 of 32 registers (A is broadcast from
    // memory). Fourteen rows would fit but made the compiler spill: 33 instead of 118 GFLOP/s.
    public static var tileRows: Int { 12 }
  #else
    // Six rows by two vectors are 12 sums; with two vectors of B and one of A that is 15 of 16 registers.
    public static var tileRows: Int { 6 }
  #endif

  /// Two vectors: with one, each multiply-add would need a load of its own, and loads would bind.
  public static var panelWidth: Int { 2 * vectorWidth }
}

/// Terms that are added up in the registers; the sum of more is one of blocks. A float sum of n terms loses digits with √n
/// (as a rule; with n at worst): of 3 million terms, in one go, three and a half of seven. In blocks of k it is √k and
/// √(n / k), which for 4 million are alike here. The layers of usual networks are below this, and have one block.
let blockTerms = 2048

/// Sums of at least so many terms ask for B and C before they need them: with AVX-512 a panel of B takes 32 KiB then, and
/// the first-level cache has no room for more. From the second level it comes for every tile, and what the processor
/// foresees by itself comes late. For convolutions' shorter sums, to ask is only more work: a tenth more of nine terms.
private let longSum = 256

/// Terms by which rows of B are asked for ahead of time: 144 cycles on a processor that begins two multiply-adds a cycle.
private let prefetchedTerms = 12

/// Where a tile starts in A, B and C, and how B and C go on from row to row.
struct TilePlace {
  var a: UnsafePointer<Float>
  var b: UnsafePointer<Float>
  var bRowStride: Int
  var c: UnsafeMutablePointer<Float>
  var cRowStride: Int
  /// The first column, for the bias.
  var column: Int
  /// The numbers of the terms that count, whose values `a` then holds as [term][row]; `nil` where all terms do.
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
        // The rows of C may lie far apart, a page each.
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

  /// Whether C holds what the sums are to be added to.
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

  /// All terms of a long segment, B ahead of time.
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

  /// Some of the listed terms.
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

  /// The same for more terms than a block has; apart, so that it costs short sums nothing. Each block has sums of its own,
  /// which begin at 0 and are added to those in C: sums that go on from block to block, the compiler keeps in memory, at a
  /// sixth of the speed.
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

  /// Adds what C holds.
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

  /// Asks for a row of B.
  @inline(__always)
  private static func prefetch(_ b: UnsafePointer<Float>) {
    vector_math_prefetch(b)
    if vectors == 2 && vectorWidth == Lane.width { vector_math_prefetch(b + vectorWidth) }
  }

  /// Asks for the tile's part of C.
  @inline(__always)
  private static func prefetchSums(_ place: TilePlace) {
    for row in 0..<rows { prefetch(place.c + row &* place.cRowStride) }
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
