// How matrices lie in memory: the lengths of rows, rows with a stride, and panels, for code that fills or reads one
// value by value.

import KernelInterface

/// Returns `count` rounded up to whole lanes.
public func paddedToLane(_ count: Int) -> Int {
  (count + Lane.width - 1) / Lane.width * Lane.width
}

/// Returns the floats from one row to the next in a matrix with `columns` (padded) columns.
///
/// If the length of rows is a multiple of 512 bytes, they start in few of a cache's sets, and evict each other when a
/// product walks down a column. An extra lane spreads them.
public func rowStride(columns: Int) -> Int {
  columns % 128 == 0 ? columns + Lane.width : columns
}

/// Rows [rowCount, columns] in memory, `stride` floats apart.
public struct Rows {
  public let floats: Floats
  public let stride: Int

  public init(_ floats: Floats, stride: Int) {
    self.floats = floats
    self.stride = stride
  }

  func checked(rowCount: Int, columns: Int, _ what: StaticString) -> UnsafeMutablePointer<Float> {
    precondition(columns <= stride, "\(what): rows of \(columns) floats are \(stride) apart")
    return floats.checked(rowCount == 0 ? 0 : (rowCount - 1) * stride + columns, what)
  }
}

// MARK: - Panels

/// A matrix [rowCount, columnCount] in panels: [panel][row][width]. The last panel may be narrower.
public struct PanelLayout: Equatable, Sendable {
  public let rowCount: Int
  /// A multiple of ``Lane/width``.
  public let columnCount: Int
  public let panelWidth: Int

  public init(rowCount: Int, columnCount: Int, panelWidth: Int) {
    precondition(columnCount % Lane.width == 0, "\(columnCount) columns are not padded to the lane")
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.panelWidth = panelWidth
  }

  /// Returns the offset of the value in a row and a column.
  public func offset(row: Int, column: Int) -> Int {
    let column = self.column(column)
    return column.start + row * column.stride
  }

  /// Returns the offset of a column's value in row 0, and the floats from one row to the next.
  public func column(_ column: Int) -> (start: Int, stride: Int) {
    let panelStart = column / panelWidth * panelWidth
    let width = min(panelWidth, columnCount - panelStart)
    return (panelStart * rowCount + (column - panelStart), width)
  }
}

extension Engine {
  /// Returns the number of panels of a matrix with this many columns.
  public func panelCount(_ columns: Int) -> Int { (columns + kernels.panelWidth - 1) / kernels.panelWidth }

  /// Returns the given panels of a matrix, after a check that it has them; all of them if `panels` is `nil`.
  func checked(_ panels: Range<Int>?, columns: Int) -> Range<Int> {
    checked(panels, of: panelCount(columns))
  }

  /// Returns the same for a matrix of `count` panels.
  func checked(_ panels: Range<Int>?, of count: Int) -> Range<Int> {
    guard let panels else { return 0..<count }
    precondition(panels.lowerBound >= 0 && panels.upperBound <= count, "panels \(panels) of \(count)")
    return panels
  }
}
