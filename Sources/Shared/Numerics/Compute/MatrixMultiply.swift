// C = op(A) · op(B) for plain row-major matrices of any size, in every combination of transposes.
//
// The blocking is that of Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008). `kc` terms
// at a time, B is packed into panels as wide as the register tile, so that a panel is read from front to back whatever
// the strides of B are. Then the threads share the blocks of C, and each packs the rows of A that it needs. A block's
// sums continue from the values in C, so that each sum adds its terms in their order.
//
// This is for matrices without a special layout: those of Muon's steps, of benchmarks against other
// libraries, and of tests.

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

  /// Floats from one row to the next, and from one column to the next, of the matrix as it is read.
  fileprivate var strides: (row: Int, column: Int) { isTransposed ? (1, rowStride) : (rowStride, 1) }

  fileprivate func checked(rows: Int, columns: Int, _ what: StaticString) -> UnsafeMutablePointer<Float> {
    let (storedRows, storedColumns) = isTransposed ? (columns, rows) : (rows, columns)
    precondition(storedColumns <= rowStride, "\(what): rows overlap")
    return floats.checked(storedRows == 0 ? 0 : (storedRows - 1) * rowStride + storedColumns, what)
  }
}

/// The terms that are packed at a time. A panel of B, kc · 32 floats or 64 KiB, stays in the L2 cache while the tiles
/// of a block pass by, and so do all panels of 1,024 columns if the L2 cache holds 2 MiB. With twice as many terms,
/// the product of 1024³ took 17 % longer on such a processor.
private let kc = 512
/// The tiles of a block of C from top to bottom. Their share of A, 96 KiB, stays in the L2 cache beside a panel of B.
private let blockTiles = 4
/// The most columns of a block of C. A block's share of A is packed once for all of them.
private let blockColumns = 1024
/// The terms of B that a task packs. It packs them for all columns, since rows of B are read fastest in memory order.
private let packedTerms = 64

extension Engine {
  /// Returns the largest number of floats of B that a product of a matrix of this shape, or of its transpose, packs.
  static func packedCount(_ shape: MatrixShape) -> Double {
    Double(kc) * Double(paddedToLane(max(shape.rows, shape.columns)))
  }

  /// c [m, n] ← a [m, k] · b [k, n].
  ///
  /// - Complexity: O(m n k). Memory for 512 terms of all columns of B and, for each thread, of the rows of a block of A.
  public func matrixMultiply(m: Int, n: Int, k: Int, a: MatrixView, b: MatrixView, c: Rows) {
    guard m > 0, n > 0 else { return }
    let left = LeftOperand(
      start: a.checked(rows: m, columns: k, "left matrix"), rowStride: a.rowStride,
      isTransposed: a.isTransposed)
    let right = RightOperand(
      start: b.checked(rows: k, columns: n, "right matrix"), n: n, rowStride: b.rowStride,
      isTransposed: b.isTransposed, panelWidth: kernels.panelWidth)
    let packed = PackingMemory(count: paddedToLane(n) * min(k, kc))
    let blocks = (0..<workers.count).map { _ in BlockMemory(kernels, depth: min(k, kc)) }
    var product = BlockedProduct(
      kernels: kernels, m: m, n: n, terms: 0..<0, left: left, b: packed.start,
      c: c.checked(rowCount: m, columns: n, "product"), cRowStride: c.stride)
    repeat {
      product.terms = product.terms.upperBound..<min(product.terms.upperBound + kc, k)
      let part = product
      forEachRun(part.terms.count, length: packedTerms) { right.pack($0, of: part.terms, to: part.b) }
      workers.forEach(part.blockCount) { task, worker in part.multiplyBlock(task, memory: blocks[worker]) }
    } while product.terms.upperBound < k
  }
}

/// Memory for packed floats. It is aligned to cache lines, since vectors are loaded from it, and not cleared, since
/// that would take as long as the packing.
private final class PackingMemory {
  let start: UnsafeMutablePointer<Float>

  init(count: Int) {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: count * MemoryLayout<Float>.stride, alignment: Lane.width * MemoryLayout<Float>.stride)
    start = memory.bindMemory(to: Float.self, capacity: count)
  }

  deinit { UnsafeMutableRawPointer(start).deallocate() }
}

/// The scratch memory of a worker: packed rows of A, and columns of C that do not fill a panel.
private struct BlockMemory {
  private let packed: PackingMemory
  private let edge: PackingMemory

  init(_ kernels: any KernelSet.Type, depth: Int) {
    let rows = blockTiles * kernels.tileRows
    packed = PackingMemory(count: rows * (depth + Lane.width))
    edge = PackingMemory(count: rows * kernels.panelWidth)
  }

  var a: UnsafeMutablePointer<Float> { packed.start }
  var beside: UnsafeMutablePointer<Float> { edge.start }
}

/// The matrix A. Some of its rows are packed, and keep their order in memory: [row][depth + lane] or, if A is
/// transposed, [term][row]. The tile reads one float at a time and needs no other order.
private struct LeftOperand {
  let start: UnsafeMutablePointer<Float>
  let rowStride: Int
  let isTransposed: Bool

  /// Returns the floats from one packed row to the next, and from one term to the next. The extra lane keeps rows out
  /// of each other's cache sets.
  func strides(rowCount: Int, depth: Int) -> (row: Int, term: Int) {
    isTransposed ? (1, rowCount) : (depth + Lane.width, 1)
  }

  func pack(_ rows: Range<Int>, terms: Range<Int>, to packed: UnsafeMutablePointer<Float>) {
    let strides = strides(rowCount: rows.count, depth: terms.count)
    if isTransposed {
      for term in 0..<terms.count {
        let source = start + ((terms.lowerBound + term) * rowStride + rows.lowerBound)
        (packed + term * strides.term).update(from: source, count: rows.count)
      }
    } else {
      for row in 0..<rows.count {
        let source = start + ((rows.lowerBound + row) * rowStride + terms.lowerBound)
        (packed + row * strides.row).update(from: source, count: terms.count)
      }
    }
  }
}

/// B in panels, [panel][term][panelWidth]. The columns that pad the matrix to the lane affect no result.
private struct RightOperand {
  let start: UnsafeMutablePointer<Float>
  let n: Int
  let rowStride: Int
  let isTransposed: Bool
  let panelWidth: Int

  /// Packs a run of `terms`, counted from their first.
  func pack(_ run: Range<Int>, of terms: Range<Int>, to packed: UnsafeMutablePointer<Float>) {
    // If B is transposed, all terms in a cache line of each column are read together, so that neither this line nor the
    // written ones leave L1 in between.
    let step = isTransposed ? Lane.width : 1
    for term in stride(from: run.lowerBound, to: run.upperBound, by: step) {
      let count = min(step, run.upperBound - term)
      for first in stride(from: 0, to: n, by: panelWidth) {
        let width = min(panelWidth, paddedToLane(n) - first)
        let used = min(width, n - first)
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
  let kernels: any KernelSet.Type
  let m: Int
  let n: Int
  /// The terms that are packed.
  var terms: Range<Int>
  let left: LeftOperand
  let b: UnsafeMutablePointer<Float>
  let c: UnsafeMutablePointer<Float>
  let cRowStride: Int

  private var blockRows: Int { blockTiles * kernels.tileRows }
  private var rowBlocks: Int { (m + blockRows - 1) / blockRows }
  var blockCount: Int { rowBlocks * ((n + blockColumns - 1) / blockColumns) }

  func multiplyBlock(_ block: Int, memory: BlockMemory) {
    let row = block % rowBlocks * blockRows
    let rows = row..<min(row + blockRows, m)
    left.pack(rows, terms: terms, to: memory.a)
    let start = block / rowBlocks * blockColumns
    let end = min(start + blockColumns, n)
    let wholeEnd = start + (end - start) / kernels.panelWidth * kernels.panelWidth
    let target = c + row * cRowStride
    if wholeEnd > start {
      multiply(rows.count, memory.a, columns: start..<wholeEnd, to: target + start, rowStride: cRowStride)
    }
    if wholeEnd < end {
      multiplyLastPanel(rows.count, memory, columns: wholeEnd..<end, to: target + wholeEnd)
    }
  }

  /// Computes columns that do not fill a panel in memory outside C.
  private func multiplyLastPanel(
    _ rowCount: Int, _ memory: BlockMemory, columns: Range<Int>, to target: UnsafeMutablePointer<Float>
  ) {
    let width = kernels.panelWidth
    for row in 0..<rowCount {
      let source = target + row * cRowStride
      for column in 0..<width {
        // The columns that are not in C get sums that nobody reads.
        memory.beside[row * width + column] =
          column < columns.count && terms.lowerBound > 0 ? source[column] : 0
      }
    }
    let panelEnd = min(columns.lowerBound + width, paddedToLane(columns.upperBound))
    multiply(
      rowCount, memory.a, columns: columns.lowerBound..<panelEnd, to: memory.beside, rowStride: width)
    for row in 0..<rowCount {
      (target + row * cRowStride).update(from: memory.beside + row * width, count: columns.count)
    }
  }

  /// Multiplies packed rows by whole panels, which the kernel cuts into tiles.
  private func multiply(
    _ rowCount: Int, _ a: UnsafeMutablePointer<Float>, columns: Range<Int>,
    to target: UnsafeMutablePointer<Float>, rowStride: Int
  ) {
    let strides = left.strides(rowCount: rowCount, depth: terms.count)
    var product = MatrixProduct(
      rowCount: rowCount, columnCount: columns.count, depth: terms.count, a: a, aRowStride: strides.row,
      aDepthStride: strides.term, b: b + columns.lowerBound * terms.count, bRowStride: 0,
      bPanelStride: kernels.panelWidth * terms.count, c: target, cRowStride: rowStride,
      cPanelStride: kernels.panelWidth)
    product.start = terms.lowerBound == 0 ? .zero : .accumulate
    kernels.multiply(product)
  }
}
