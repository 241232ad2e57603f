// C = op(A) · op(B) for plain row-major matrices of any size, in every combination of transposes.
//
// Blocked as in Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): of `kc` terms at a
// time, A is packed into panels as high as the register tile and B into panels as wide, so that the tile reads both
// from front to back whatever the strides of the matrices are; then blocks of C are shared out to the threads. A
// block's sums go on from what the terms before left in C, so that the order of each sum is that of its terms.
//
// Meant for what has no layout of its own: benchmarks against other libraries, and tests.

import KernelInterface

/// A row-major matrix, read as it is or transposed.
public struct MatrixView {
  public let floats: Floats
  /// Floats from one stored row to the next.
  public let rowStride: Int
  public let isTransposed: Bool

  public init(_ floats: Floats, rowStride: Int, isTransposed: Bool = false) {
    self.floats = floats
    self.rowStride = rowStride
    self.isTransposed = isTransposed
  }

  /// Floats from one row, and one column, of what is read to the next.
  fileprivate var strides: (row: Int, column: Int) { isTransposed ? (1, rowStride) : (rowStride, 1) }

  fileprivate func checked(rows: Int, columns: Int, _ what: StaticString) -> UnsafeMutablePointer<Float> {
    let (storedRows, storedColumns) = isTransposed ? (columns, rows) : (rows, columns)
    precondition(storedColumns <= rowStride, "\(what): rows overlap")
    return floats.checked(storedRows == 0 ? 0 : (storedRows - 1) * rowStride + storedColumns, what)
  }
}

/// Terms that are packed at a time. A panel of B, kc · 32 floats or 64 KiB, streams from the L2 cache while a tile's rows
/// of A stay in L1; to fetch and store the sums once for so many terms costs a tile one cycle in a hundred.
private let kc = 512
/// Tiles of a block of C from top to bottom. Their share of A, 96 KiB, stays in the L2 cache with a panel of B.
private let blockTiles = 4
/// Columns of a block of C. Of 1024 · 1024 there are 88 blocks: enough to share out evenly.
private let blockColumns = 256

extension Engine {
  /// c [m, n] ← a [m, k] · b [k, n].
  public func matrixMultiply(m: Int, n: Int, k: Int, a: MatrixView, b: MatrixView, c: Rows) {
    guard m > 0, n > 0 else { return }
    let left = LeftOperand(
      start: a.checked(rows: m, columns: k, "left matrix"), m: m, rowStride: a.rowStride,
      isTransposed: a.isTransposed, tileRows: kernels.tileRows)
    let right = RightOperand(
      start: b.checked(rows: k, columns: n, "right matrix"), n: n, rowStride: b.rowStride,
      isTransposed: b.isTransposed, panelWidth: kernels.panelWidth)
    let packedLeft = FloatBuffer(count: left.packedCount(depth: min(k, kc)))
    let packedRight = FloatBuffer(count: paddedToLane(n) * min(k, kc))
    let beside = FloatBuffer(count: workers.count * blockTiles * kernels.tileRows * kernels.panelWidth)
    var product = BlockedProduct(
      kernels: kernels, m: m, n: n, depth: 0, left: left, a: packedLeft.floats.baseAddress!,
      b: packedRight.floats.baseAddress!, c: c.checked(rowCount: m, columns: n, "product"),
      cRowStride: c.stride, isFirst: true)
    var term = 0
    repeat {
      let terms = term..<min(term + kc, k)
      workers.forEach(left.panelCount + product.columnBlocks) { task, _ in
        if task < left.panelCount {
          left.pack(panel: task, terms: terms, to: product.a)
        } else {
          right.pack(columns: product.columns(ofBlock: task - left.panelCount), terms: terms, to: product.b)
        }
      }
      product.depth = terms.count
      let part = product
      workers.forEach(part.blockCount) { task, worker in
        let place = worker * part.besideCount
        part.multiplyBlock(task, beside: beside[place..<place + part.besideCount])
      }
      product.isFirst = false
      term = terms.upperBound
    } while term < k
  }
}

/// A in panels of as many rows as a tile has. What lies in a row in memory is copied in a row, since the tile reads one
/// float at a time and does not care: [panel][row][depth + lane], or [panel][term][row] where A is transposed.
private struct LeftOperand {
  let start: UnsafeMutablePointer<Float>
  let m: Int
  let rowStride: Int
  let isTransposed: Bool
  let tileRows: Int

  var panelCount: Int { (m + tileRows - 1) / tileRows }

  /// Floats from a packed row to the next. The lane more keeps rows of 2 KiB out of each other's cache sets.
  private func packedStride(depth: Int) -> Int { isTransposed ? depth : depth + KernelSet.lane }

  func packedCount(depth: Int) -> Int { m * packedStride(depth: depth) }

  func offset(row: Int, depth: Int) -> Int { row * packedStride(depth: depth) }

  /// Floats from one row, and one term, of a packed panel to the next.
  func strides(rowCount: Int, depth: Int) -> (row: Int, term: Int) {
    isTransposed ? (1, rowCount) : (packedStride(depth: depth), 1)
  }

  func pack(panel: Int, terms: Range<Int>, to packed: UnsafeMutablePointer<Float>) {
    let rows = panel * tileRows..<min((panel + 1) * tileRows, m)
    let target = packed + offset(row: rows.lowerBound, depth: terms.count)
    if isTransposed {
      for term in 0..<terms.count {
        let source = start + ((terms.lowerBound + term) * rowStride + rows.lowerBound)
        (target + term * rows.count).update(from: source, count: rows.count)
      }
    } else {
      for row in 0..<rows.count {
        let source = start + ((rows.lowerBound + row) * rowStride + terms.lowerBound)
        (target + row * packedStride(depth: terms.count)).update(from: source, count: terms.count)
      }
    }
  }
}

/// B in panels, [panel][term][panelWidth]. Columns behind the matrix, up to the lane, are never looked at.
private struct RightOperand {
  let start: UnsafeMutablePointer<Float>
  let n: Int
  let rowStride: Int
  let isTransposed: Bool
  let panelWidth: Int

  /// Packs columns from a panel's first.
  func pack(columns: Range<Int>, terms: Range<Int>, to packed: UnsafeMutablePointer<Float>) {
    // All panels of a term, then the next term: what is read lies in a row. Transposed, a cache line of each column is
    // read for all of its terms, so that neither it nor what is written leaves L1 in between.
    let step = isTransposed ? KernelSet.lane : 1
    for term in Swift.stride(from: 0, to: terms.count, by: step) {
      let count = min(step, terms.count - term)
      for first in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: panelWidth) {
        let width = min(panelWidth, paddedToLane(n) - first)
        let used = min(width, columns.upperBound - first)
        let target = packed + (first * terms.count + term * width)
        if isTransposed {
          let source = start + (first * rowStride + terms.lowerBound + term)
          transpose(source, columns: used, terms: count, to: target, width)
        } else {
          target.update(from: start + ((terms.lowerBound + term) * rowStride + first), count: used)
        }
      }
    }
  }

  private func transpose(
    _ source: UnsafeMutablePointer<Float>, columns: Int, terms: Int, to target: UnsafeMutablePointer<Float>,
    _ width: Int
  ) {
    for column in 0..<columns {
      for term in 0..<terms { target[term &* width &+ column] = source[column &* rowStride &+ term] }
    }
  }
}

/// The product of some packed terms, cut into blocks of C.
private struct BlockedProduct {
  let kernels: KernelSet
  let m: Int
  let n: Int
  /// Terms that are packed.
  var depth: Int
  let left: LeftOperand
  let a: UnsafeMutablePointer<Float>
  let b: UnsafeMutablePointer<Float>
  let c: UnsafeMutablePointer<Float>
  let cRowStride: Int
  /// Whether C holds nothing yet.
  var isFirst: Bool

  private var blockRows: Int { blockTiles * kernels.tileRows }
  private var rowBlocks: Int { (m + blockRows - 1) / blockRows }
  var columnBlocks: Int { (n + blockColumns - 1) / blockColumns }
  var blockCount: Int { rowBlocks * columnBlocks }
  /// Floats that a worker needs for a panel that is wider than what is left of C.
  var besideCount: Int { blockRows * kernels.panelWidth }

  func columns(ofBlock block: Int) -> Range<Int> {
    block * blockColumns..<min((block + 1) * blockColumns, n)
  }

  func multiplyBlock(_ block: Int, beside: Floats) {
    let row = block % rowBlocks * blockRows
    let rows = row..<min(row + blockRows, m)
    let columns = columns(ofBlock: block / rowBlocks)
    let start = columns.lowerBound
    let wholeEnd = start + columns.count / kernels.panelWidth * kernels.panelWidth
    if wholeEnd > start {
      multiply(rows, columns: start..<wholeEnd, to: c + (row * cRowStride + start), rowStride: cRowStride)
    }
    if wholeEnd < columns.upperBound {
      multiplyLastPanel(rows, columns: wholeEnd..<columns.upperBound, beside: beside.baseAddress!)
    }
  }

  /// Computes columns that do not fill a panel beside C.
  private func multiplyLastPanel(
    _ rows: Range<Int>, columns: Range<Int>, beside: UnsafeMutablePointer<Float>
  ) {
    let target = c + (rows.lowerBound * cRowStride + columns.lowerBound)
    let width = kernels.panelWidth
    if !isFirst {
      for row in 0..<rows.count {
        (beside + row * width).update(from: target + row * cRowStride, count: columns.count)
      }
    }
    let panelEnd = min(columns.lowerBound + width, paddedToLane(columns.upperBound))
    multiply(rows, columns: columns.lowerBound..<panelEnd, to: beside, rowStride: width)
    for row in 0..<rows.count {
      (target + row * cRowStride).update(from: beside + row * width, count: columns.count)
    }
  }

  /// Some rows by whole panels: the tiles of full height, then what is left.
  private func multiply(
    _ rows: Range<Int>, columns: Range<Int>, to target: UnsafeMutablePointer<Float>, rowStride: Int
  ) {
    let wholeTiles = rows.count / kernels.tileRows
    let wholeRows = wholeTiles * kernels.tileRows
    if wholeTiles > 0 {
      var product = tiles(row: rows.lowerBound, height: kernels.tileRows, columns, target, rowStride)
      product.groupCount = wholeTiles
      product.aGroupStride = left.offset(row: kernels.tileRows, depth: depth)
      product.cGroupRows = kernels.tileRows
      kernels.multiply(product)
    }
    if wholeRows < rows.count {
      kernels.multiply(
        tiles(
          row: rows.lowerBound + wholeRows, height: rows.count - wholeRows, columns,
          target + wholeRows * rowStride, rowStride))
    }
  }

  private func tiles(
    row: Int, height: Int, _ columns: Range<Int>, _ target: UnsafeMutablePointer<Float>, _ rowStride: Int
  ) -> MatrixProduct {
    let strides = left.strides(rowCount: height, depth: depth)
    var product = MatrixProduct(
      rowCount: height, columnCount: columns.count, depth: depth, a: a + left.offset(row: row, depth: depth),
      aRowStride: strides.row, aDepthStride: strides.term, b: b + columns.lowerBound * depth, bRowStride: 0,
      bPanelStride: kernels.panelWidth * depth, c: target, cRowStride: rowStride,
      cPanelStride: kernels.panelWidth)
    product.start = isFirst ? .zero : .accumulate
    return product
  }
}
