// Tiles, the processor's or the model's, against the manual's definition of their instruction, bit for bit.

import Compute
import KernelInterface
import RandomNumbers
import Testing

@Suite struct TileModelTests {
  /// The kind of numbers in A, B and C.
  enum Numbers: CaseIterable, Sendable {
    /// In [−1, 1).
    case ordinary
    /// Few exponents and few fractions, so that sums cancel to 0 or nearly.
    case cancelling
    /// Products around the smallest normal number.
    case underflowing
    /// Subnormal operands, and numbers so large that their products with these would count.
    case subnormal
    /// Products and sums around the largest number.
    case overflowing
    /// Occasionally an infinity or a NaN.
    case special

    /// Draws a bfloat16 number for A or B.
    func operand(_ random: inout SplitMix64) -> Float {
      let sign: UInt32 = random.next(below: 2) == 0 ? 0 : 1 << 31
      func number(_ exponents: ClosedRange<Int>, fraction: Int) -> Float {
        let exponent = exponents.lowerBound + random.next(below: exponents.count)
        return Float(bitPattern: sign | UInt32(exponent + 127) << 23 | UInt32(fraction) << 16)
      }
      let fraction = random.next(below: 128)
      switch self {
      case .ordinary: return number(-10...(-1), fraction: fraction)
      case .cancelling: return number(0...1, fraction: 32 * (fraction % 4))
      case .underflowing: return number(-66 ... -60, fraction: fraction)
      case .overflowing: return number(59...63, fraction: fraction)
      case .subnormal:
        return random.next(below: 2) == 0
          ? number(-127 ... -127, fraction: fraction) : number(90...120, fraction: fraction)
      case .special:
        switch random.next(below: 300) {
        case 0: return Float(bitPattern: sign | 0x7F80_0000)
        case 1: return .nan
        case 2: return Float(bitPattern: sign)
        default: return number(-3...3, fraction: fraction)
        }
      }
    }

    /// Draws a float for C.
    func start(_ random: inout SplitMix64) -> Float {
      let low = UInt32(random.next(below: 1 << 16))
      let upper = operand(&random)
      guard upper.isFinite else { return upper }
      switch self {
      // Of the magnitude of products.
      case .underflowing:
        return Float(bitPattern: upper.bitPattern & 0x807F_0000 | UInt32(random.next(below: 4)) << 23 | low)
      case .overflowing: return upper.sign == .minus ? -Float.greatestFiniteMagnitude : 0x1p127
      default: return Float(bitPattern: upper.bitPattern | low)
      }
    }
  }

  /// Each value is the sum of one tile after another, from 0.
  @Test(arguments: BFloat16Unit.tiles.filter(\.isFused), Numbers.allCases)
  func productsMatchTheManual(unit: BFloat16Unit, numbers: Numbers) {
    var random = SplitMix64(seed: 5)
    for (rowCount, columnCount, tileCount) in [(16, 16, 1), (16, 16, 3), (32, 32, 1), (33, 48, 2)] {
      var sample = BFloat16ProductCase(
        rowCount: rowCount, columnCount: columnCount, depth: 32, segments: (0..<tileCount).map { 32 * $0 },
        aRowStride: 32 * tileCount)
      sample.cFirstRow = 1
      compare(sample, unit, numbers, &random)
    }
  }

  /// One tile of terms is added to the values of C.
  @Test(arguments: BFloat16Unit.tiles.filter(\.isFused), Numbers.allCases)
  func sumsWithCMatchTheManual(unit: BFloat16Unit, numbers: Numbers) {
    var random = SplitMix64(seed: 6)
    for (rowCount, columnCount) in [(16, 16), (32, 32), (21, 48)] {
      for isPacked in [false, true] {
        var sample = BFloat16ProductCase(
          rowCount: rowCount, columnCount: columnCount, depth: 32, segments: [0], aRowStride: 32)
        sample.start = .accumulate
        sample.isPacked = isPacked
        compare(sample, unit, numbers, &random)
      }
    }
  }

  /// The reference follows the manual in the order of terms, which is easily mistaken.
  @Test func theReferenceSumsFirstAndSecondTermsSeparately() {
    var a = [Float](repeating: 0, count: 32)
    let b = [Float](repeating: 1, count: 32)
    // 2²⁴ + 1 rounds to 2²⁴, so the first terms lose their 1. The second ones keep theirs, and the total is even.
    (a[0], a[2], a[1], a[3]) = (0x1p24, 1, 1, 1)
    var c: [Float] = [0]
    ReferenceTileProduct(rowCount: 1, columnCount: 1).multiplyAdd(a: a, b: b, c: &c)
    #expect(c == [0x1p24 + 2])
    // C is added last. If it were first, all terms would count.
    c = [-0x1p24]
    ReferenceTileProduct(rowCount: 1, columnCount: 1).multiplyAdd(a: a, b: b, c: &c)
    #expect(c == [2])
    // Subnormal operands and results are 0.
    a = [0x1p-130] + [Float](repeating: 0, count: 31)
    c = [0]
    ReferenceTileProduct(rowCount: 1, columnCount: 1).multiplyAdd(
      a: a, b: [Float](repeating: 0x1p120, count: 32), c: &c)
    #expect(c == [0])
    a[0] = 0x1p-120
    ReferenceTileProduct(rowCount: 1, columnCount: 1).multiplyAdd(
      a: a, b: [Float](repeating: 0x1p-10, count: 32), c: &c)
    #expect(c == [0])
  }

  private func compare(
    _ sample: BFloat16ProductCase, _ unit: BFloat16Unit, _ numbers: Numbers, _ random: inout SplitMix64
  ) {
    let (rows, columns, terms) = (sample.rowCount, sample.columnCount, sample.termCount)
    let a = (0..<rows * terms).map { _ in numbers.operand(&random) }
    let b = (0..<terms * columns).map { _ in numbers.operand(&random) }
    let start = (0..<rows * columns).map { _ in sample.start == .accumulate ? numbers.start(&random) : 0 }
    var expected = start
    let tiles = ReferenceTileProduct(rowCount: rows, columnCount: columns)
    for tile in stride(from: 0, to: terms, by: ReferenceTileProduct.depth) {
      let part = (0..<rows).flatMap { a[$0 * terms + tile..<$0 * terms + tile + ReferenceTileProduct.depth] }
      let partOfB = Array(b[tile * columns..<(tile + ReferenceTileProduct.depth) * columns])
      tiles.multiplyAdd(a: part, b: partOfB, c: &expected)
    }
    let left = sample.memoryOfA(a.map { BFloat16(bits: UInt16($0.bitPattern >> 16)) })
    let right = sample.memoryOfB(b.map { BFloat16(bits: UInt16($0.bitPattern >> 16)) })
    let c = GuardedFloats(sample.cLayout(unit.instructionSet.kernels), start)
    // In a worker, whose arithmetic treats subnormal numbers as 0.
    unit.engine().workers.forEach(1) { _, _ in
      _ = sample.run(unit, a: left, b: right, c: c, bias: sample.randomBias())
    }
    // A NaN is a NaN, whatever its bits. If tiles begin with 0 and not with C, two terms of −0 add up to 0.
    func bits(_ values: [Float]) -> [UInt32] {
      values.map { value in
        if value.isNaN { return Float.nan.bitPattern }
        return value == 0 && sample.start == .accumulate ? 0 : value.bitPattern
      }
    }
    let (bits, expectedBits) = (bits(c.values), bits(expected))
    for index in expected.indices where bits[index] != expectedBits[index] {
      Issue.record("\(sample), \(numbers): value \(index) is \(c.values[index]), not \(expected[index])")
      return
    }
    #expect(c.isIntact)
  }
}

/// The instruction TDPBF16PS, term by term, as Intel's manual defines it (Intel 64 and IA-32 Architectures Software
/// Developer's Manual, volume 2, "TDPBF16PS"). For each value of C, fused multiply-adds from 0 compute two sums: of the
/// products of the first terms of all pairs, and of those of the second terms. The two sums are added, and the result
/// is added to C. Each step treats subnormal numbers as 0, rounds to nearest, and turns subnormal results into 0.
///
///     c [rows, columns]  +=  a [rows, 32] · b [32, columns]
struct ReferenceTileProduct {
  let rowCount: Int
  let columnCount: Int
  static let depth = 32

  func multiplyAdd(a: [Float], b: [Float], c: inout [Float]) {
    for row in 0..<rowCount {
      for column in 0..<columnCount {
        var halves: (first: Float, second: Float) = (0, 0)
        for pair in 0..<Self.depth / 2 {
          let (left, right) = (row * Self.depth + 2 * pair, 2 * pair * columnCount + column)
          halves.first = Self.fused(halves.first, a[left], b[right])
          halves.second = Self.fused(halves.second, a[left + 1], b[right + columnCount])
        }
        let place = row * columnCount + column
        c[place] = Self.sum(c[place], Self.sum(halves.first, halves.second))
      }
    }
  }

  /// sum + a · b
  private static func fused(_ sum: Float, _ a: Float, _ b: Float) -> Float {
    flushed(flushed(sum).addingProduct(flushed(a), flushed(b)))
  }

  private static func sum(_ a: Float, _ b: Float) -> Float { flushed(flushed(a) + flushed(b)) }

  /// Turns a subnormal number into 0 with its sign.
  private static func flushed(_ value: Float) -> Float {
    value.isSubnormal ? (value.sign == .minus ? -0.0 : 0) : value
  }
}
