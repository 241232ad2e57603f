// Layouts in memory: panels, padding, row strides and buffers. Also the transpose of panels.

import Compute
import KernelInterface
import Testing

@Suite struct PanelLayoutTests {
  @Test(arguments: [8, 16, 32], [16, 32, 48, 80]) func offsetsAreThoseOfPanels(width: Int, columnCount: Int) {
    for rowCount in [1, 2, 7, 48] {
      let layout = PanelLayout(rowCount: rowCount, columnCount: columnCount, panelWidth: width)
      let offsets = (0..<rowCount).flatMap { row in
        (0..<columnCount).map { layout.offset(row: row, column: $0) }
      }
      #expect(offsets == Layout.panels(rowCount, columnCount, width: width).offsets)
    }
  }

  @Test func panelsOfTheTestsFillTheirMemory() {
    // Two rows of 48 columns in panels of 32: the first panel's rows, then those of the half panel.
    let layout = Layout.panels(2, 48, width: 32)
    #expect(layout.offsets == Array(0..<32) + Array(64..<80) + Array(32..<64) + Array(80..<96))
    #expect(layout.offsets.sorted() == Array(0..<layout.capacity))
  }

  @Test(arguments: InstructionSet.supported)
  func transposeOfPanelsHoldsTheTransposedMatrix(instructionSet: InstructionSet) {
    let kernels = instructionSet.kernels
    for rowCount in [16, 32, 48, 112] {
      for columnCount in [16, 32, 48, 112] {
        let what = "\(rowCount) × \(columnCount)"
        let matrix = randomFloats(rowCount * columnCount, seed: 1)
        let packed = GuardedFloats(.panels(rowCount, columnCount, width: kernels.panelWidth), matrix)
        let transposed = GuardedFloats(.panels(columnCount, rowCount, width: kernels.panelWidth))
        kernels.transposePanels(
          packed.floats.baseAddress!, rowCount: rowCount, columnCount: columnCount, rows: 0..<rowCount,
          to: transposed.floats.baseAddress!)
        let expected = referenceTranspose(matrix, rowCount: rowCount, columnCount: columnCount)
        expect(transposed, equals: Expected(exactly: expected), what)
        expectUntouched(packed, what: what)
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func transposeWritesOnlyTheRequestedRows(
    instructionSet: InstructionSet
  ) {
    let kernels = instructionSet.kernels
    let width = kernels.panelWidth
    let packed = GuardedFloats(.panels(96, 48, width: width), randomFloats(96 * 48, seed: 2))
    for first in stride(from: 0, to: 96, by: width) {
      // Rows first ..< first + width are one panel of the transpose, one piece of its memory.
      let transposed = GuardedFloats(count: width * 48)
      kernels.transposePanels(
        packed.floats.baseAddress!, rowCount: 96, columnCount: 48, rows: first..<first + width,
        to: transposed.floats.baseAddress!)
      let expected = (0..<48).flatMap { column in
        (first..<first + width).map { row in packed.values[row * 48 + column] }
      }
      expect(transposed, equals: Expected(exactly: expected), "rows \(first)..<\(first + width)")
    }
    expectUntouched(packed, what: "packed")
  }

  @Test func paddingRoundsUpToWholeLanes() {
    #expect([0, 1, 15, 16, 17, 784].map(paddedToLane) == [0, 16, 16, 16, 32, 784])
  }

  @Test func noRowStrideIsAMultipleOf512Bytes() {
    for columns in stride(from: 16, through: 2048, by: 16) {
      let rowStride = rowStride(columns: columns)
      #expect(rowStride % 128 != 0 && rowStride % 16 == 0)
      #expect(rowStride >= columns && rowStride <= columns + 16)
    }
  }

  @Test func buffersAreAlignedAndZero() {
    for count in [0, 1, 17, 4096] {
      let buffer = FloatBuffer(count: count)
      #expect(buffer.count == count && buffer.floats.count == count)
      #expect(UInt(bitPattern: buffer.floats.baseAddress!) % 64 == 0)
      #expect(buffer.floats.allSatisfy { $0 == 0 })
      for index in buffer.floats.indices { buffer.floats[index] = Float(index) }
      #expect(buffer[count / 2..<count].first == (count == 0 ? nil : Float(count / 2)))
      buffer.clear()
      #expect(buffer.floats.allSatisfy { $0 == 0 })
      withExtendedLifetime(buffer) {}
    }
  }
}
