// Elementwise operations, and sums of rows, parts and squares.

import Compute
import KernelInterface
import Testing

@Suite struct ElementwiseTests {
  /// None, one lane, an odd number of lanes, and both sides of the runs that threads share (4,096 and 16,384 floats).
  static let counts = [0, 16, 48, 4096, 4112, 16_384, 16_400]

  @Test(arguments: InstructionSet.supported) func rectifyMakesNegativeValuesZero(
    instructionSet: InstructionSet
  ) {
    for count in Self.counts {
      let values = randomIntegers(count, seed: 1)
      let result = GuardedFloats(values)
      engine(instructionSet).rectify(result.floats)
      expect(result, equals: Expected(exactly: values.map { $0 > 0 ? $0 : 0 }), "\(count) values")
    }
  }

  @Test(arguments: InstructionSet.supported) func rectifyKeepsNaNAndInfinity(instructionSet: InstructionSet) {
    let result = GuardedFloats([.nan, .infinity, -.infinity, -0.0] + [Float](repeating: -1, count: 12))
    engine(instructionSet).rectify(result.floats)
    let values = result.values
    #expect(values[0].isNaN)
    #expect(Array(values[1...]) == [.infinity] + [Float](repeating: 0, count: 14))
  }

  @Test(arguments: InstructionSet.supported)
  func rectifyBackwardPassesScaledGradientsOfPositiveResults(instructionSet: InstructionSet) {
    for (rowCount, columns) in [(0, 16), (1, 16), (3, 48), (7, 32)] {
      let layout = Layout.rows(rowCount, columns, stride: columns + 16)
      let gradient = randomFloats(rowCount * columns, seed: 2)
      let result = GuardedFloats(layout, randomIntegers(rowCount * columns, seed: 3, bound: 1))
      let values = GuardedFloats(layout, gradient)
      engine(instructionSet).rectifyBackward(
        Rows(values.floats, stride: columns + 16), result: Rows(result.floats, stride: columns + 16),
        rowCount: rowCount, columns: columns, scale: 1.25)
      let expected = zip(gradient, result.values).map { $1 > 0 ? $0 * 1.25 : 0 }
      expect(values, equals: Expected(exactly: expected), "\(rowCount) × \(columns)")
      expectUntouched(result, what: "\(rowCount) × \(columns)")
    }
  }

  @Test(arguments: InstructionSet.supported) func bytesAreScaledWithOneRounding(
    instructionSet: InstructionSet
  ) {
    for count in [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 28, 31, 33, 256, 785] {
      let bytes = GuardedBytes((0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) })
      for scale in [Float(1) / 255, 1, 0.1] {
        let result = GuardedFloats(count: count)
        engine(instructionSet).scaleBytes(UnsafeBufferPointer(bytes.bytes), scale: scale, to: result.floats)
        let expected = bytes.values.map { Rounded(Float($0)) * Rounded(scale) }
        expect(result, equals: Expected(expected), "\(count) bytes")
      }
    }
  }

  @Test(arguments: InstructionSet.supported, [1, 3])
  func pixelsAreConvertedBlockByBlock(instructionSet: InstructionSet, channels: Int) {
    for (height, width) in [(28, 28), (1, 1), (4, 4), (3, 9), (13, 6)] {
      let what = "\(height) × \(width) × \(channels)"
      let bytes = GuardedBytes(randomBytes(height * width * channels, seed: height))
      let blocks = (height + 3) / 4 * ((width + 3) / 4)
      // Values beyond the image are not written. They are 7 here.
      let result = GuardedFloats([Float](repeating: 7, count: blocks * 16 * channels))
      engine(instructionSet).scalePixelBlocks(
        UnsafeBufferPointer(bytes.bytes), height: height, width: width, channels: channels, scale: 0.5,
        to: result.floats)
      var expected: [Float] = []
      for x in stride(from: 0, to: width, by: 4) {
        for y in stride(from: 0, to: height, by: 4) {
          for (row, column) in (0..<16).map({ (y + $0 / 4, x + $0 % 4) }) {
            for channel in 0..<channels {
              let isInside = row < height && column < width
              let place = (row * width + column) * channels + channel
              expected.append(isInside ? Float(bytes.values[place]) / 2 : 7)
              if isInside {
                let offset = PixelBlocks.offset(
                  y: row, x: column, channel: channel, height: height, channels: channels)
                #expect(offset == expected.count - 1, "\(what), pixel \(row), \(column)")
              }
            }
          }
        }
      }
      expect(result, equals: Expected(exactly: expected), what)
    }
  }

  @Test(arguments: InstructionSet.supported, [0, 1, 2, 5])
  func partsAreSummedInOrder(instructionSet: InstructionSet, partCount: Int) {
    for count in Self.counts {
      let parts = GuardedFloats(randomFloats(partCount * count, seed: 4))
      let result = GuardedFloats(count: count)
      engine(instructionSet).sumParts(parts.floats, count: partCount, to: result.floats)
      let values = parts.values
      let expected = (0..<count).map { index in
        (0..<partCount).reduce(Float(0)) { $0 + values[$1 * count + index] }
      }
      expect(result, equals: Expected(exactly: expected), "\(partCount) parts of \(count)")
      expectUntouched(parts, what: "\(partCount) parts of \(count)")
    }
  }

  @Test(arguments: InstructionSet.supported) func normHasThePrecisionOfDouble(instructionSet: InstructionSet)
  {
    for count in Self.counts {
      let values = GuardedFloats(randomFloats(count, seed: 5, scale: 100))
      let expected = values.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      // Squares of Floats are exact in Double; the rest is a sum of `count` positive terms.
      let bound = Double(count + 2) * 0x1p-53 * expected
      let norm = engine(instructionSet).norm(values.floats)
      #expect(abs(norm - expected) <= bound, "\(count) values")
      expectUntouched(values, what: "\(count) values")
    }
  }

  @Test(arguments: InstructionSet.supported) func normKeepsSmallValuesBesideALargeOne(
    instructionSet: InstructionSet
  ) {
    // 2²⁰ squares of 2⁻²⁴ beside one of 2²⁰. Each alone is lost in a Float sum, but together they add 2⁻⁴.
    let values = GuardedFloats([0x1p10] + [Float](repeating: 0x1p-12, count: 1 << 20 - 1))
    let count = Double(values.floats.count - 1)
    let norm = engine(instructionSet).norm(values.floats)
    #expect(abs(norm * norm - (0x1p20 + count * 0x1p-24)) <= 0x1p-28)
    expectUntouched(values, what: "values")
  }

  @Test(arguments: InstructionSet.supported) func normShowsNaNAndInfinity(instructionSet: InstructionSet) {
    for bad in [Float.nan, .infinity] {
      for place in [0, 5, 47] {
        var values = randomFloats(48, seed: 6)
        values[place] = bad
        let floats = GuardedFloats(values)
        #expect(!engine(instructionSet).norm(floats.floats).isFinite)
        expectUntouched(floats, what: "\(bad)")
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func rowsAreAddedToTheirTarget(instructionSet: InstructionSet) {
    let kernels = instructionSet.kernels
    // Less than a block of 256 rows, blocks that end within a group, and blocks that end with one.
    for (groupCount, rowCount) in [(1, 0), (0, 3), (1, 1), (2, 1), (1, 99), (3, 100), (2, 256), (1, 513)] {
      for columns in [16, 32, 48] {
        let count = groupCount * rowCount
        let rows = GuardedFloats(
          .rows(count, columns, stride: columns + 3), randomFloats(count * columns, seed: 7))
        let start = randomFloats(columns, seed: 8)
        let target = GuardedFloats(start)
        kernels.addRows(
          RowGroups(
            start: rows.floats.baseAddress!, groupCount: groupCount, groupStride: rowCount * (columns + 3),
            rowCount: rowCount, rowStride: columns + 3), columnCount: columns, to: target.floats.baseAddress!)
        let expected = referenceRowSum(rows.values, rowCount: count, startingFrom: start)
        expect(target, equals: expected, "\(groupCount) × \(rowCount) × \(columns)")
        expectUntouched(rows, what: "\(groupCount) × \(rowCount) × \(columns)")
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func runsAreAddedToTheirTarget(instructionSet: InstructionSet) {
    for count in Self.counts {
      let (source, start) = (randomFloats(count, seed: 9), randomFloats(count, seed: 10))
      let (input, target) = (GuardedFloats(source), GuardedFloats(start))
      instructionSet.kernels.add(
        input.floats.baseAddress!, count: count, to: target.floats.baseAddress!)
      expect(target, equals: Expected(exactly: zip(source, start).map { $0 + $1 }), "\(count) values")
      expectUntouched(input, what: "\(count) values")
    }
  }
}
