// Between PyTorch's layouts, in which parameters are named and stored, and ours, in which they are computed with.
//
//     convolution  [out, in, kernelHeight, kernelWidth]  ↔  panels of [(kernelHeight, kernelWidth, in), out]
//     dense        [out, in], in = (channel, y, x)       ↔  panels of [(y, x, channel), out]
//     one number a channel                               ↔  the same, padded
//
// Padding holds zeros: its inputs are 0, so its gradients are, and no optimiser step moves it.

import Compute

/// Where the values of a parameter lie in a flat array: those of one output after those of another, as PyTorch has them.
struct ParameterPlaces {
  /// For each value of an output, the row of the matrix in panels that it belongs to.
  let rows: [Int]
  /// For each output, its column: where row 0 lies, and how far it is from row to row.
  let columns: [(start: Int, stride: Int)]
  /// Whether the flat array is that of the constants, not of the parameters.
  let isConstant: Bool

  init(rows: [Int], columns: [(start: Int, stride: Int)], isConstant: Bool = false) {
    self.rows = rows
    self.columns = columns
    self.isConstant = isConstant
  }

  /// A matrix in panels within a slice of the array.
  init(rows: [Int], slice: Range<Int>, _ layout: PanelLayout, outputs: Int) {
    self.init(
      rows: rows,
      columns: (0..<outputs).map { output in
        let column = layout.column(output)
        return (slice.lowerBound + column.start, column.stride)
      })
  }

  /// A number for each of `count` outputs, side by side, in each of `rows` rows that are `rowStride` apart.
  init(vector slice: Range<Int>, count: Int, rows: [Int] = [0], rowStride: Int = 0, isConstant: Bool = false)
  {
    self.rows = rows
    columns = slice.prefix(count).map { (start: $0, stride: rowStride) }
    self.isConstant = isConstant
  }

  var count: Int { rows.count * columns.count }

  /// Puts values where they lie in `floats`.
  func scatter(_ values: [Float], to floats: Floats) {
    precondition(values.count == count, "\(values.count) values for \(count) places")
    // Columns of a panel lie side by side: a row of several is one cache line, which is then written once.
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

  /// The values that lie in `floats`.
  func gather(from floats: Floats) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    for column in columns {
      for row in rows { values.append(floats[column.start + row * column.stride]) }
    }
    return values
  }
}
