// Translates between PyTorch's layouts, in which parameters are named and stored, and ours, which the kernels read.
//
//     convolution  [out, in, kernelHeight, kernelWidth]  ↔  panels of [(kernelHeight, kernelWidth, in), out]
//     dense        [out, in], in = (channel, y, x)       ↔  panels of [(y, x, channel), out]
//     one number a channel                               ↔  the same, padded
//
// Padding holds zeros. Its inputs are 0, so its gradients are 0, and no optimiser step changes it.

import Compute

/// The places of a parameter's values in a flat array. The values are in PyTorch's order: one output after another.
struct ParameterPlaces {
  /// For each value of an output, its row in the matrix that is stored in panels.
  let rows: [Int]
  /// For each output, its column: the place of row 0, and the distance from row to row.
  let columns: [(start: Int, stride: Int)]
  /// Whether the flat array is that of the constants, rather than of the parameters.
  let isConstant: Bool

  init(rows: [Int], columns: [(start: Int, stride: Int)], isConstant: Bool = false) {
    self.rows = rows
    self.columns = columns
    self.isConstant = isConstant
  }

  /// Places a matrix that is stored in panels within a slice of the array.
  init(rows: [Int], slice: Range<Int>, _ layout: PanelLayout, outputs: Int) {
    self.init(
      rows: rows,
      columns: (0..<outputs).map { output in
        let column = layout.column(output)
        return (slice.lowerBound + column.start, column.stride)
      })
  }

  /// Places a number for each of `count` outputs, side by side, in each of `rows`, which are `rowStride` apart.
  init(vector slice: Range<Int>, count: Int, rows: [Int] = [0], rowStride: Int = 0, isConstant: Bool = false)
  {
    self.rows = rows
    columns = slice.prefix(count).map { (start: $0, stride: rowStride) }
    self.isConstant = isConstant
  }

  var count: Int { rows.count * columns.count }

  /// Writes values to their places in `floats`.
  ///
  /// - Complexity: O(count).
  func scatter(_ values: [Float], to floats: Floats) {
    precondition(values.count == count, "\(values.count) values for \(count) places")
    // Columns of a panel are side by side. A row of 16 of them is one cache line, which is thus written once.
    for first in stride(from: 0, to: columns.count, by: Self.columnsAtOnce) {
      let block = first..<min(first + Self.columnsAtOnce, columns.count)
      for (index, row) in rows.enumerated() {
        for output in block {
          let column = columns[output]
          floats[column.start + row * column.stride] = values[output * rows.count + index]
        }
      }
    }
  }

  /// The floats of a cache line of 64 bytes.
  private static let columnsAtOnce = 16

  /// Returns the values from their places in `floats`.
  ///
  /// - Complexity: O(count).
  func gather(from floats: Floats) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    for column in columns {
      for row in rows { values.append(floats[column.start + row * column.stride]) }
    }
    return values
  }
}
