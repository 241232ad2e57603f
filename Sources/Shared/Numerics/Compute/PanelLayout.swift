// How a matrix lies in panels, for those who fill or read one value by value.

import KernelInterface

/// A matrix [rowCount, columnCount] in panels: [panel][row][width], the last panel perhaps narrower.
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

  /// Where the value of a row and column lies.
  public func offset(row: Int, column: Int) -> Int {
    let column = self.column(column)
    return column.start + row * column.stride
  }

  /// Where a column's value of row 0 lies, and how far it is from row to row.
  public func column(_ column: Int) -> (start: Int, stride: Int) {
    let panelStart = column / panelWidth * panelWidth
    let width = min(panelWidth, columnCount - panelStart)
    return (panelStart * rowCount + (column - panelStart), width)
  }
}

extension Engine {
  /// How many panels a matrix has.
  public func panelCount(_ columns: Int) -> Int { (columns + kernels.panelWidth - 1) / kernels.panelWidth }

  /// The given panels of a matrix, after a check that it has them; all of them by default.
  func checked(_ panels: Range<Int>?, columns: Int) -> Range<Int> {
    checked(panels, of: panelCount(columns))
  }

  /// The same, for a matrix of `count` panels.
  func checked(_ panels: Range<Int>?, of count: Int) -> Range<Int> {
    guard let panels else { return 0..<count }
    precondition(panels.lowerBound >= 0 && panels.upperBound <= count, "panels \(panels) of \(count)")
    return panels
  }
}
