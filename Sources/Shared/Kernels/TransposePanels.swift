// The transpose of a matrix in panels, in panels again: the backward pass of a dense layer multiplies by it.
//
//     packed      [columnPanel][rowCount][width]  →  transposed [rowPanel][columnCount][width]
//
// Both matrices are padded to the lane in both directions.

import KernelInterface

/// Writes the panels of the transpose that hold rows `firstRow ..< endRow` of the packed matrix. `firstRow` is a
/// multiple of the panel's width.
///
/// Columns are walked in blocks of a lane: its 16 rows of the target, a cache line each, stay in L1 while they fill.
func transposePanels(
  _ packed: UnsafePointer<Float>, _ rowCount: Int, _ columnCount: Int,
  _ transposed: UnsafeMutablePointer<Float>,
  _ firstRow: Int, _ endRow: Int
) {
  var panelStart = firstRow
  while panelStart < endRow {
    let targetWidth = min(panelWidth, rowCount - panelStart)
    let target = transposed + panelStart &* columnCount
    for column in stride(from: 0, to: columnCount, by: panelWidth) {
      let sourceWidth = min(panelWidth, columnCount - column)
      let source = packed + (column &* rowCount &+ panelStart &* sourceWidth)
      transposeBlock(
        source, sourceWidth, rows: targetWidth, columns: sourceWidth, target + column &* targetWidth,
        targetWidth)
    }
    panelStart += targetWidth
  }
}

@inline(__always)
func transposeBlock(
  _ source: UnsafePointer<Float>, _ sourceStride: Int, rows: Int, columns: Int,
  _ target: UnsafeMutablePointer<Float>, _ targetStride: Int
) {
  for column in 0..<columns {
    for row in 0..<rows {
      target[column &* targetStride &+ row] = source[row &* sourceStride &+ column]
    }
  }
}
