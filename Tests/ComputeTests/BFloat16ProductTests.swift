// Products of bfloat16 with vectors and with tiles, against Double and against each other.

import Compute
import KernelInterface
import RandomNumbers
import Testing

@Suite struct BFloat16ProductTests {
  /// A sum of k exact products in Float has k additions. A tile's two sums and a start add two more. The bound of a sum
  /// of products allows that many roundings, in any order (ReferenceProduct.swift).
  @Test(arguments: 1...8) func randomProductsMatchTheirFormula(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    for _ in 0..<6 {
      let sample = BFloat16ProductCase.random(&random)
      let expected = sample.expected
      for unit in BFloat16Unit.all { check(sample, unit, expected) }
    }
  }

  /// Numbers of rows on both sides of one to four tiles of 16 and of a register tile, with every number of columns, and
  /// every start and layout of C.
  @Test(arguments: [1, 4, 5, 12, 13, 15, 16, 17, 31, 32, 33, 48, 49, 64, 65], [16, 32, 48, 64, 80])
  func productsMatchTheirFormulaAroundTiles(rowCount: Int, columnCount: Int) {
    for (index, start) in BFloat16ProductCase.Start.allCases.enumerated() {
      var sample = BFloat16ProductCase(
        rowCount: rowCount, columnCount: columnCount, depth: 32, segments: [7, 0], aRowStride: 40)
      sample.start = start
      sample.isPacked = (rowCount + index) % 2 == 0
      sample.rectifies = (rowCount / 2 + columnCount / 16 + index) % 2 == 0
      let expected = sample.expected
      for unit in BFloat16Unit.all { check(sample, unit, expected) }
    }
  }

  /// Groups of few rows, like those of small maps. A tile contains several groups and the rows between them.
  @Test(arguments: [1, 2, 3, 7, 15, 16, 17, 20], [0, 1, 2, 9, 30])
  func shortGroupsShareTilesWithoutTheRowsBetweenThem(rowCount: Int, gap: Int) {
    for (index, start) in BFloat16ProductCase.Start.allCases.enumerated() {
      var sample = BFloat16ProductCase(
        rowCount: rowCount, columnCount: 48, depth: 32, segments: [0, 32, 33 * 32], aRowStride: 32)
      sample.groupCount = 7
      sample.aGroupStride = (rowCount + gap) * 32
      sample.start = start
      sample.isPacked = (index + gap) % 2 == 0
      sample.rowGap = index
      sample.cFirstRow = gap % 3
      let expected = sample.expected
      for unit in BFloat16Unit.all { check(sample, unit, expected) }
    }
  }

  private func check(_ sample: BFloat16ProductCase, _ unit: BFloat16Unit, _ expected: Expected) {
    let what = "\(sample), \(unit.testDescription)"
    let (a, b, bias) = (sample.randomA(), sample.randomB(), sample.randomBias())
    let c = sample.run(unit, a: a, b: b, c: sample.randomC(unit.instructionSet.kernels), bias: bias)
    expect(c, equals: expected, what)
    #expect(a.isUntouched && b.isUntouched && bias.isUntouched, "operands of \(what)")
  }

  // MARK: - The same bits

  /// With vectors, fused multiply-adds give the bits of the instruction for pairs.
  @Test func vectorsOfAllInstructionSetsGiveTheSameBits() {
    let units = BFloat16Unit.all.filter { !$0.usesTiles && $0.isFused }
    expectTheSameBits(units, BFloat16ProductCase.Start.allCases)
  }

  /// Tiles are the processor's or the model's. The initial value of C is the first term if tiles load it, which depends
  /// on the width of the panels, and the last term otherwise.
  @Test func tilesOfAllInstructionSetsGiveTheSameBits() {
    let units = BFloat16Unit.tiles.filter(\.isFused)
    expectTheSameBits(units, [.zero, .bias])
    for width in Set(units.map { $0.panelWidth }) {
      expectTheSameBits(units.filter { $0.panelWidth == width }, [.accumulate])
    }
  }

  private func expectTheSameBits(_ units: [BFloat16Unit], _ starts: [BFloat16ProductCase.Start]) {
    var random = SplitMix64(seed: 11)
    for number in 0..<40 {
      var sample = BFloat16ProductCase.random(&random)
      sample.start = starts[number % starts.count]
      let results = units.map { sample.run($0).values.map(\.bitPattern) }
      for (unit, bits) in zip(units, results).dropFirst() {
        #expect(bits == results[0], "\(sample), \(unit.testDescription)")
      }
    }
  }

  /// A row of a product has the bits that it has by itself, wherever it is in a tile or among groups.
  @Test(arguments: BFloat16Unit.all) func aRowsBitsDoNotDependOnItsPlace(unit: BFloat16Unit) {
    var whole = BFloat16ProductCase(
      rowCount: 37, columnCount: 80, depth: 64, segments: [0, 5], aRowStride: 71)
    whole.start = .bias
    let (a, b, bias) = (whole.randomA(), whole.randomB(), whole.randomBias())
    let kernels = unit.instructionSet.kernels
    let values = whole.run(unit, a: a, b: b, c: whole.randomC(kernels), bias: bias).values
    let read = whole.aOffsets.map { a.numbers[$0] }
    for row in 0..<whole.rowCount {
      var single = whole
      single.rowCount = 1
      let terms = single.memoryOfA(Array(read[row * whole.termCount..<(row + 1) * whole.termCount]))
      let alone = single.run(unit, a: terms, b: b, c: single.randomC(kernels), bias: bias).values
      #expect(
        alone.map(\.bitPattern) == values[row * 80..<(row + 1) * 80].map(\.bitPattern), "row \(row)")
    }
  }

  // MARK: - NaN

  /// ReLU keeps a NaN, so that divergence shows. A NaN in A reaches its row, and one in B its column, and nothing else.
  @Test(arguments: BFloat16Unit.all) func aNaNReachesOnlyItsRowOrColumn(unit: BFloat16Unit) {
    var sample = BFloat16ProductCase(
      rowCount: 35, columnCount: 48, depth: 32, segments: [0], aRowStride: 32)
    sample.rectifies = true
    let (a, b) = (sample.randomA(), sample.randomB())
    a.numbers[19 * 32 + 7] = FencedBFloats.guardValue
    b.numbers[sample.bOffset(term: 4, column: 33)] = FencedBFloats.guardValue
    let c = sample.run(
      unit, a: a, b: b, c: sample.randomC(unit.instructionSet.kernels), bias: sample.randomBias())
    for (index, value) in c.values.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: 48)
      #expect(value.isNaN == (row == 19 || column == 33), "[\(row), \(column)]")
    }
  }
}
