// A product of bfloat16 with its memory: numbers where its formula reads, and NaN everywhere else.

import Compute
import KernelInterface
import RandomNumbers

struct BFloat16ProductCase: CustomStringConvertible {
  enum Start: CaseIterable, Sendable { case zero, accumulate, bias }

  var rowCount: Int
  var groupCount = 1
  var columnCount: Int
  var depth: Int
  /// The offset of each segment in A, and the strides of rows and groups.
  var segments: [Int]
  var aRowStride: Int
  var aGroupStride = 0
  var start = Start.zero
  var rectifies = false
  /// Whether C is in the kernels' panels, not in rows.
  var isPacked = false
  var cFirstRow = 0
  /// Rows of C between groups, and floats between rows that are not packed.
  var rowGap = 0
  var columnGap = 0
  var seed = 1

  var description: String {
    "\(groupCount) × \(rowCount) × \(columnCount), depth \(depth), segments \(segments), A's rows \(aRowStride) and"
      + " groups \(aGroupStride) apart, \(start)\(rectifies ? ", rectified" : "")"
      + ", C \(isPacked ? "packed" : "in rows") from \(cFirstRow), gaps \(rowGap) and \(columnGap)"
  }

  // MARK: - Layouts

  /// Offsets in A, [group, row, segment, term].
  var aOffsets: [Int] {
    (0..<groupCount).flatMap { group in
      (0..<rowCount).flatMap { row in
        segments.flatMap { segment in
          (0..<depth).map { group * aGroupStride + row * aRowStride + segment + $0 }
        }
      }
    }
  }

  /// The least size of A's memory, since rows after the last are read.
  var aCount: Int { (aOffsets.max() ?? 0) + 1 + BFloat16Product.rowsReadAfterTheLast * aRowStride }

  var termCount: Int { segments.count * depth }

  /// The offset in B of [term, column].
  func bOffset(term: Int, column: Int) -> Int {
    let start = column / 32 * 32
    let width = min(32, columnCount - start)
    return start * termCount + term / 2 * 2 * width + 2 * (column - start) + term % 2
  }

  var cRowCount: Int { cFirstRow + (groupCount - 1) * (rowCount + rowGap) + rowCount }
  var cRowStride: Int { columnCount + columnGap }

  /// Offsets in C, [group, row, column].
  func cLayout(_ kernels: any KernelSet.Type) -> Layout {
    let whole =
      isPacked
      ? Layout.panels(cRowCount, columnCount, width: kernels.panelWidth)
      : .rows(cRowCount, columnCount, stride: cRowStride)
    let offsets = (0..<groupCount).flatMap { group in
      (0..<rowCount).flatMap { row in
        let first = (cFirstRow + group * (rowCount + rowGap) + row) * columnCount
        return whole.offsets[first..<first + columnCount]
      }
    }
    return Layout(offsets: offsets, capacity: whole.capacity)
  }

  // MARK: - Operands

  /// A's memory, with these values where the formula reads and NaN elsewhere.
  func memoryOfA(_ values: [BFloat16]) -> FencedBFloats {
    var memory = [BFloat16](repeating: FencedBFloats.guardValue, count: aCount)
    for (index, offset) in aOffsets.enumerated() { memory[offset] = values[index] }
    return FencedBFloats(memory)
  }

  /// B's memory with these values, [term, column].
  func memoryOfB(_ values: [BFloat16]) -> FencedBFloats {
    var memory = [BFloat16](repeating: FencedBFloats.guardValue, count: termCount * columnCount)
    for term in 0..<termCount {
      for column in 0..<columnCount {
        memory[bOffset(term: term, column: column)] = values[term * columnCount + column]
      }
    }
    return FencedBFloats(memory)
  }

  func randomA() -> FencedBFloats { memoryOfA(randomBFloats(aOffsets.count, seed: seed)) }
  func randomB() -> FencedBFloats { memoryOfB(randomBFloats(termCount * columnCount, seed: seed + 1)) }
  func randomC(_ kernels: any KernelSet.Type) -> GuardedFloats {
    let layout = cLayout(kernels)
    return GuardedFloats(
      layout, start == .accumulate ? randomFloats(layout.offsets.count, seed: seed + 2) : nil)
  }
  func randomBias() -> GuardedFloats { GuardedFloats(randomFloats(columnCount, seed: seed + 3)) }

  /// Multiplies, and returns C.
  func run(
    _ unit: BFloat16Unit, a: FencedBFloats, b: FencedBFloats, c: GuardedFloats, bias: GuardedFloats
  ) -> GuardedFloats {
    segments.withUnsafeBufferPointer { segments in
      var product = BFloat16Product(
        rowCount: rowCount, columnCount: columnCount, depth: depth, a: a.start, aRowStride: aRowStride,
        segments: segments, b: b.start, c: c.floats.baseAddress!, cRowStride: isPacked ? 0 : cRowStride,
        cPanelStride: unit.instructionSet.kernels.panelWidth * (isPacked ? cRowCount : 1))
      product.groupCount = groupCount
      product.aGroupStride = aGroupStride
      product.cFirstRow = cFirstRow
      product.cGroupRows = rowCount + rowGap
      product.rectifies = rectifies
      switch start {
      case .zero: product.start = .zero
      case .accumulate: product.start = .accumulate
      case .bias: product.start = .bias(bias.floats.baseAddress!)
      }
      unit.multiply(product)
    }
    withExtendedLifetime((a, b, bias)) {}
    return c
  }

  /// The product of random operands.
  func run(_ unit: BFloat16Unit) -> GuardedFloats {
    run(unit, a: randomA(), b: randomB(), c: randomC(unit.instructionSet.kernels), bias: randomBias())
  }

  /// The formula in Double on the random operands, in the order [group, row, column].
  var expected: Expected {
    let (a, b, bias) = (randomA(), randomB(), randomBias().values)
    let c = randomC(InstructionSet.baseline.kernels).values
    var sums: [SumOfProducts] = []
    for (row, offsets) in stride(from: 0, to: aOffsets.count, by: max(1, termCount)).enumerated() {
      let factors = aOffsets[offsets..<offsets + termCount].map { a.numbers[$0].float }
      for column in 0..<columnCount {
        var sum = SumOfProducts()
        switch start {
        case .zero: break
        case .accumulate: sum = SumOfProducts(startingFrom: c[row * columnCount + column])
        case .bias: sum = SumOfProducts(startingFrom: bias[column])
        }
        for (term, factor) in factors.enumerated() {
          sum.add(factor, b.numbers[bOffset(term: term, column: column)].float)
        }
        sums.append(sum)
      }
    }
    return rectifies ? Expected(sums).rectified : Expected(sums)
  }
}

extension BFloat16ProductCase {
  /// A random case, with gaps or without. Its rows overlap, like those of a convolution, or do not.
  static func random(_ random: inout SplitMix64) -> BFloat16ProductCase {
    func upTo(_ count: Int) -> Int { random.next(below: count + 1) }
    let depth = 32 * (1 + upTo(2))
    var sample = BFloat16ProductCase(
      rowCount: 1 + upTo(69), columnCount: 16 * (1 + upTo(4)), depth: depth, segments: [],
      aRowStride: upTo(1) == 0 ? 1 + upTo(2 * depth) : depth + upTo(9))
    sample.groupCount = 1 + upTo(3)
    // Groups follow each other, have rows between them that belong to no group, or start anywhere.
    switch upTo(2) {
    case 0: sample.aGroupStride = sample.rowCount * sample.aRowStride
    case 1: sample.aGroupStride = (sample.rowCount + 1 + upTo(20)) * sample.aRowStride
    default: sample.aGroupStride = sample.rowCount * sample.aRowStride + 1 + upTo(30)
    }
    sample.segments = (0...upTo(4)).map { _ in upTo(150) }
    sample.start = Start.allCases[upTo(2)]
    sample.rectifies = upTo(1) == 0
    sample.isPacked = upTo(1) == 0
    sample.cFirstRow = upTo(3)
    sample.rowGap = upTo(1) * upTo(5)
    sample.columnGap = upTo(1) * upTo(40)
    sample.seed = 10 * upTo(1000)
    return sample
  }
}
