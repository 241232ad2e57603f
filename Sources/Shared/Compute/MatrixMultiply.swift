// C = op(A) · op(B) for plain row-major matrices of any size, in every combination of transposes.
//
// B is packed into panels first; the rest is the dense layers' product. Meant for what has no layout of its own:
// benchmarks against other libraries, and tests.

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

extension Engine {
  /// c [m, n] ← a [m, k] · b [k, n].
  public func matrixMultiply(m: Int, n: Int, k: Int, a: MatrixView, b: MatrixView, c: Rows) {
    guard m > 0, n > 0 else { return }
    let left = a.checked(rows: m, columns: k, "left matrix")
    let target = c.checked(rowCount: m, columns: n, "product")
    let columns = paddedToLane(n)
    let packed = FloatBuffer(count: k * columns)
    pack(b, rowCount: k, columnCount: n, to: packed)
    let strides = a.strides
    let rowBlock = 4 * kernels.tileRows
    let rowBlocks = (m + rowBlock - 1) / rowBlock
    let columnBlocks = (columns + 31) / 32
    let results = FloatBuffer(count: workers.count * rowBlock * 32)
    workers.forEach(rowBlocks * columnBlocks) { task, worker in
      let row = task % rowBlocks * rowBlock
      let column = task / rowBlocks * 32
      let rows = min(rowBlock, m - row)
      let width = min(32, columns - column)
      // The block's last columns may lie behind the matrix, so it is computed beside it.
      let block = results.floats.baseAddress! + worker * rowBlock * 32
      kernels.multiply(
        MatrixProduct(
          rowCount: rows, columnCount: width, depth: k, a: left + row * strides.row, aRowStride: strides.row,
          aDepthStride: strides.column, b: packed.floats.baseAddress! + column * k, bRowStride: 0,
          bPanelStride: kernels.panelWidth * k, c: block, cRowStride: 32, cPanelStride: kernels.panelWidth))
      for index in 0..<rows {
        (target + (row + index) * c.stride + column).update(
          from: block + index * 32, count: min(width, n - column))
      }
    }
  }

  private func pack(_ matrix: MatrixView, rowCount: Int, columnCount: Int, to packed: FloatBuffer) {
    let source = matrix.checked(rows: rowCount, columns: columnCount, "right matrix")
    let strides = matrix.strides
    let padded = paddedToLane(columnCount)
    let panelWidth = kernels.panelWidth
    workers.forEach((padded + panelWidth - 1) / panelWidth) { panel, _ in
      let column = panel * panelWidth
      let width = min(panelWidth, padded - column)
      let used = min(width, columnCount - column)
      var target = packed.floats.baseAddress! + column * rowCount
      for row in 0..<rowCount {
        let line = source + row * strides.row + column * strides.column
        for index in 0..<max(used, 0) { target[index] = line[index * strides.column] }
        target += width
      }
    }
  }
}
