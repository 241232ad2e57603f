// The packing of floats as operands of products of bfloat16: each number is in its place, and nothing else is written.

import Compute
import KernelInterface
import Testing

@Suite struct BFloat16PackingTests {
  private static let guardBits = FencedBFloats.guardValue.bits

  /// The offset of a value of [rowCount, columnCount] in a panel of pairs of rows: [row pair][column][2].
  private static func pairOffset(row: Int, column: Int, width: Int) -> Int {
    row / 2 * 2 * width + 2 * column + row % 2
  }

  @Test(arguments: InstructionSet.supported) func mapsAreRoundedToOtherStrides(instructionSet: InstructionSet)
  {
    let kernels = instructionSet.kernels
    for size in MapSize.several {
      let map = size.with(pixelGap: 3, rowGap: 5)
      let source = GuardedFloats(map.layout, randomFloats(map.count, seed: 1))
      let (pixelStride, rowStride) = (map.channels + 16, map.width * (map.channels + 16) + 32)
      let layout = Layout.map(
        height: map.height, width: map.width, channels: map.channels, pixelStride: pixelStride,
        rowStride: rowStride)
      let target = FencedBFloats(count: layout.capacity)
      kernels.round(
        RoundedMap(
          map: MapRegion(
            start: source.floats.baseAddress!, height: map.height, width: map.width, channels: map.channels,
            rowStride: map.rowStride, pixelStride: map.pixelStride),
          rounded: target.start, rowStride: rowStride, pixelStride: pixelStride))
      var expected = [UInt16](repeating: Self.guardBits, count: layout.capacity)
      for (offset, value) in zip(layout.offsets, source.values) {
        expected[offset] = bfloat16Bits(nearestBFloat16(value))
      }
      #expect(target.bits == expected && target.isIntact, "\(map)")
      expectUntouched(source, what: "\(map)")
    }
  }

  /// Rows are images or pixels, in any number: whole squares of each vector's width, and a remainder.
  @Test(arguments: InstructionSet.supported, [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33])
  func rowsBecomeColumns(instructionSet: InstructionSet, rowCount: Int) {
    for columnCount in [16, 48] {
      let source = GuardedFloats(
        .rows(rowCount, columnCount, stride: columnCount + 5), randomFloats(rowCount * columnCount, seed: 2))
      let stride = rowCount + 3
      let target = FencedBFloats(count: columnCount * stride)
      instructionSet.kernels.roundTransposed(
        TransposedRows(
          rowCount: rowCount, columnCount: columnCount, rows: source.floats.baseAddress!,
          rowStride: columnCount + 5, transposed: target.start, transposedStride: stride))
      var expected = [UInt16](repeating: Self.guardBits, count: columnCount * stride)
      for row in 0..<rowCount {
        for column in 0..<columnCount {
          expected[column * stride + row] = bfloat16Bits(
            nearestBFloat16(source.values[row * columnCount + column]))
        }
      }
      #expect(target.bits == expected && target.isIntact, "\(rowCount) × \(columnCount)")
    }
  }

  @Test(arguments: InstructionSet.supported, [2, 30, 32, 64]) func rowsBecomePairsOfRows(
    instructionSet: InstructionSet, rowCount: Int
  ) {
    for columnCount in [16, 32] {
      let stride = columnCount + 9
      let rows = FencedBFloats(randomBFloats((rowCount - 1) * stride + columnCount, seed: 3))
      let pairs = FencedBFloats(count: rowCount * columnCount)
      instructionSet.kernels.pairRows(
        PairedRows(
          rowCount: rowCount, columnCount: columnCount, rows: rows.start, rowStride: stride,
          pairs: pairs.start))
      var expected = [UInt16](repeating: 0, count: rowCount * columnCount)
      for row in 0..<rowCount {
        for column in 0..<columnCount {
          expected[Self.pairOffset(row: row, column: column, width: columnCount)] =
            rows.bits[row * stride + column]
        }
      }
      #expect(pairs.bits == expected && pairs.isIntact, "\(rowCount) × \(columnCount)")
      #expect(rows.isUntouched)
    }
  }

  /// Whole panels of 32 and a last one of 16; channels that fill a tile's depth and that leave half of it; all panels
  /// together, and each by itself.
  @Test(arguments: InstructionSet.supported, [1, 9]) func weightsBecomePairsOfChannels(
    instructionSet: InstructionSet, tapCount: Int
  ) {
    let engine = engine(instructionSet)
    for channels in [16, 32, 48] {
      for columns in [16, 32, 48, 80] {
        let weights = randomFloats(tapCount * channels * columns, seed: 4)
        let packed = GuardedFloats(
          .panels(tapCount * channels, columns, width: engine.kernels.panelWidth), weights)
        let depth = BFloat16Tile.paddedDepth(channels)
        let panelCount = engine.bfloat16PanelCount(columns)
        #expect(panelCount == (columns + 31) / 32)
        for panels in [0..<panelCount] + (0..<panelCount).map({ $0..<$0 + 1 }) {
          let pairs = FencedBFloats(count: tapCount * depth * columns)
          engine.pairWeights(
            tapCount: tapCount, channels: channels, columns: columns, panels: panels, weights: packed.floats,
            pairs: pairs.numbers)
          // The padding of a tap's channels, and other panels, are not written.
          var expected = [UInt16](repeating: Self.guardBits, count: tapCount * depth * columns)
          for panel in panels {
            let start = 32 * panel
            let width = min(32, columns - start)
            for tap in 0..<tapCount {
              for channel in 0..<channels {
                for column in 0..<width {
                  let offset = Self.pairOffset(row: tap * depth + channel, column: column, width: width)
                  let weight = weights[(tap * channels + channel) * columns + start + column]
                  expected[start * tapCount * depth + offset] = bfloat16Bits(nearestBFloat16(weight))
                }
              }
            }
          }
          #expect(
            pairs.bits == expected && pairs.isIntact, "\(tapCount) × \(channels) × \(columns), \(panels)")
        }
        expectUntouched(packed, what: "weights")
      }
    }
  }
}
