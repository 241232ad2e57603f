// The transpose of a matrix in panels, itself in panels. The backward pass of a dense layer multiplies by it.
//
//     packed      [columnPanel][rowCount][width]  →  transposed [rowPanel][columnCount][width]
//
// Both matrices are padded to the lane in both directions. A convolution's kernel is flipped in the same way, tap by
// tap (``KernelFlip``).

import CVectorMath
import KernelInterface

extension KernelTable {
  /// Writes the panels of the transpose that hold `rows` of the packed matrix, from the start of `transposed`. The
  /// first row is a multiple of the panel's width.
  ///
  /// A block is as wide as a panel in both directions, so that it reads a few contiguous KiB and writes as many.
  ///
  /// - Complexity: O(rows.count · columnCount).
  public static func transposePanels(
    _ packed: UnsafePointer<Float>, rowCount: Int, columnCount: Int, rows: Range<Int>,
    to transposed: UnsafeMutablePointer<Float>
  ) {
    var panelStart = rows.lowerBound
    while panelStart < rows.upperBound {
      let targetWidth = min(panelWidth, rowCount - panelStart)
      let target = transposed + (panelStart &- rows.lowerBound) &* columnCount
      for column in stride(from: 0, to: columnCount, by: panelWidth) {
        let sourceWidth = min(panelWidth, columnCount - column)
        let source = packed + (column &* rowCount &+ panelStart &* sourceWidth)
        transposeBlock(
          source, sourceWidth, rows: targetWidth, columns: sourceWidth, target + column &* targetWidth,
          targetWidth, nextBlock: rowCount &* sourceWidth)
      }
      panelStart += targetWidth
    }
  }

  /// Converts between a matrix [rowCount, columnCount] in panels and the plain rows of its transpose,
  /// [columnCount, rowCount]. Both counts are multiples of the lane.
  ///
  /// - Complexity: O(rowCount · columnCount).
  public static func transposeRows(
    panels: UnsafeMutablePointer<Float>, rowCount: Int, columnCount: Int, rows: UnsafeMutablePointer<Float>,
    toPanels: Bool
  ) {
    for column in stride(from: 0, to: columnCount, by: panelWidth) {
      let width = min(panelWidth, columnCount - column)
      let panel = panels + column &* rowCount
      let plain = rows + column &* rowCount
      if toPanels {
        transposeBlock(plain, rowCount, rows: width, columns: rowCount, panel, width)
      } else {
        transposeBlock(panel, width, rows: rowCount, columns: width, plain, rowCount)
      }
    }
  }
}

extension KernelTable {
  /// Transposes each pair of panels of a tap as a block. For a few thousand values, there is nothing more to gain.
  ///
  /// - Complexity: O(tapCount · outputChannels · the input channels of `panels`).
  public static func flipKernel(_ flip: KernelFlip) {
    let packedRows = flip.tapCount &* flip.inputChannels
    let flippedRows = flip.tapCount &* flip.outputChannels
    for panel in flip.panels {
      let inputStart = panel &* panelWidth
      let inputWidth = min(panelWidth, flip.inputChannels - inputStart)
      for outputStart in stride(from: 0, to: flip.outputChannels, by: panelWidth) {
        let outputWidth = min(panelWidth, flip.outputChannels - outputStart)
        for tap in 0..<flip.tapCount {
          let source =
            flip.packed
            + (outputStart &* packedRows &+ (tap &* flip.inputChannels &+ inputStart) &* outputWidth)
          let flippedTap = flip.tapCount - 1 - tap
          let target =
            flip.flipped
            + (inputStart &* flippedRows &+ (flippedTap &* flip.outputChannels &+ outputStart) &* inputWidth)
          transposeBlock(source, outputWidth, rows: inputWidth, columns: outputWidth, target, inputWidth)
        }
      }
    }
  }
}

/// target[column, row] ← source[row, column]; rows and columns are multiples of the vector's width.
///
/// `nextBlock` is the number of floats from `source` to the next block, which is prefetched while this one is
/// transposed. The same rows of the next panel are in other pages of memory, which no processor prefetches by itself.
@inline(__always)
func transposeBlock(
  _ source: UnsafePointer<Float>, _ sourceStride: Int, rows: Int, columns: Int,
  _ target: UnsafeMutablePointer<Float>, _ targetStride: Int, nextBlock: Int = 0
) {
  for row in vectorStarts(rows) {
    for column in vectorStarts(columns) {
      let square = source + (row &* sourceStride &+ column)
      for line in 0..<vectorWidth { vector_math_prefetch(square + (nextBlock &+ line &* sourceStride)) }
      transposeSquare(square, sourceStride, target + (column &* targetStride &+ row), targetStride)
    }
  }
}

/// Transposes a square as wide as a vector, in registers.
///
/// Read as one sequence, the elements of the square have the index (row, column). Taking all even places and then all
/// odd ones moves the last bit of the index to its front. After as many rounds as the column has bits, the index is
/// (column, row).
@inline(__always)
private func transposeSquare(
  _ source: UnsafePointer<Float>, _ sourceStride: Int, _ target: UnsafeMutablePointer<Float>,
  _ targetStride: Int
) {
  withTransposedSquare(source, sourceStride) { lines in
    for line in 0..<vectorWidth { store(lines[line], target + line &* targetStride) }
  }
}

/// Calls `body` with the columns of a square as wide as a vector.
@inline(__always)
func withTransposedSquare(
  _ source: UnsafePointer<Float>, _ sourceStride: Int, _ body: (UnsafeMutablePointer<Vector>) -> Void
) {
  withVectors { lines in
    for line in 0..<vectorWidth { lines[line] = load(source + line &* sourceStride) }
    withVectors { shuffled in
      for _ in 0..<columnBits / 2 {
        evenThenOdd(lines, shuffled)
        evenThenOdd(shuffled, lines)
      }
      if columnBits % 2 == 1 {
        evenThenOdd(lines, shuffled)
        for line in 0..<vectorWidth { lines[line] = shuffled[line] }
      }
    }
    body(lines)
  }
}

@inline(__always)
private func evenThenOdd(_ lines: UnsafeMutablePointer<Vector>, _ result: UnsafeMutablePointer<Vector>) {
  for pair in 0..<vectorWidth / 2 {
    let both = VectorPair(lowHalf: lines[2 &* pair], highHalf: lines[2 &* pair &+ 1])
    result[pair] = both.evenHalf
    result[vectorWidth / 2 &+ pair] = both.oddHalf
  }
}

#if AVX512
  private typealias VectorPair = SIMD32<Float>
  private let columnBits = 4
#elseif AVX2
  private typealias VectorPair = SIMD16<Float>
  private let columnBits = 3
#else
  private typealias VectorPair = SIMD8<Float>
  private let columnBits = 2
#endif
