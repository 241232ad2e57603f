// Rounding to bfloat16, of single numbers and of vectors, against Double.

import Compute
import KernelInterface
import RandomNumbers
import Testing

@Suite struct BFloat16Tests {
  /// Both signs, every exponent, and values around every kind of tie: halfway to an odd number, to an even one and to
  /// the next power of two, a bit more and a bit less. The largest exponent gives infinities and NaNs.
  private static let patterns: [UInt32] = [0, 1].flatMap { sign in
    (UInt32(0)...255).flatMap { exponent in
      [0, 1, 2, 0x3F, 0x40, 0x7E, 0x7F].flatMap { (kept: UInt32) in
        [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF].map { sign << 31 | exponent << 23 | kept << 16 | $0 }
      }
    }
  }

  private static let values: [Float] = {
    var random = SplitMix64(seed: 7)
    let others = (0..<20_000).map { _ in UInt32(truncatingIfNeeded: random.next()) }
    let all = patterns + others
    // A whole number of lanes.
    return all.prefix(all.count / Lane.width * Lane.width).map { Float(bitPattern: $0) }
  }()

  /// The bits of the rounded value. A NaN keeps its sign and its upper bits, and becomes quiet.
  private static func expectedBits(_ value: Float) -> UInt16 {
    value.isNaN ? UInt16(value.bitPattern >> 16) | 0x40 : bfloat16Bits(nearestBFloat16(value))
  }

  private static func firstDifference(_ bits: [UInt16]) -> String? {
    guard bits.count == values.count else { return "\(bits.count) of \(values.count) numbers" }
    for (value, bits) in zip(values, bits) where bits != expectedBits(value) {
      let pattern = String(value.bitPattern, radix: 16)
      return "\(value) (\(pattern)) became \(String(bits, radix: 16))"
        + ", not \(String(expectedBits(value), radix: 16))"
    }
    return nil
  }

  @Test func knownNumbersRoundCorrectly() {
    let cases: [(Float, UInt16)] = [
      (0, 0), (-0.0, 0x8000), (1, 0x3F80), (-2.5, 0xC020), (1.00390625, 0x3F80), (1.01171875, 0x3F82),
      (Float(1.00390625).nextUp, 0x3F81), (.infinity, 0x7F80), (-.infinity, 0xFF80),
      (.greatestFiniteMagnitude, 0x7F80),
      (-.greatestFiniteMagnitude, 0xFF80), (.leastNormalMagnitude, 0x0080), (.leastNonzeroMagnitude, 0),
      (-Float.leastNormalMagnitude.nextDown, 0x8000),
    ]
    for (value, bits) in cases {
      #expect(BFloat16(value).bits == bits, "\(value)")
      #expect(bfloat16Bits(nearestBFloat16(value)) == bits, "the reference of \(value)")
    }
    #expect(BFloat16(.nan).float.isNaN && BFloat16(Float(bitPattern: 0x7F80_0001)).float.isNaN)
  }

  @Test func numbersRoundToTheNearest() {
    #expect(Self.firstDifference(Self.values.map { BFloat16($0).bits }) == nil)
  }

  @Test func aBFloat16IsTheFloatWithItsBits() {
    for bits in UInt16.min...UInt16.max {
      let value = BFloat16(bits: bits).float
      #expect(value.bitPattern == UInt32(bits) << 16)
      if value.isNormal || value == 0 || value.isInfinite { #expect(BFloat16(value).bits == bits) }
    }
  }

  /// In the floating-point mode of the test, and in that of workers, which treat subnormal numbers as 0.
  @Test(arguments: InstructionSet.supported) func vectorsRoundLikeSingleNumbers(
    instructionSet: InstructionSet
  ) {
    let engine = engine(instructionSet)
    let floats = GuardedFloats(Self.values)
    for inWorker in [false, true] {
      let rounded = FencedBFloats(count: Self.values.count)
      let problem = RoundedMap(
        map: MapRegion(
          start: floats.floats.baseAddress!, height: 1, width: Self.values.count / Lane.width,
          channels: Lane.width, rowStride: Self.values.count, pixelStride: Lane.width),
        rounded: rounded.start, rowStride: Self.values.count, pixelStride: Lane.width)
      if inWorker {
        engine.workers.forEach(1) { _, _ in engine.kernels.round(problem) }
      } else {
        engine.kernels.round(problem)
      }
      #expect(Self.firstDifference(rounded.bits) == nil, "in a worker: \(inWorker)")
      #expect(rounded.isIntact)
    }
    expectUntouched(floats, what: "rounding")
  }

  @Test func depthsArePaddedToWholeTiles() {
    for (terms, padded) in [(0, 0), (1, 32), (16, 32), (32, 32), (33, 64), (800, 800), (801, 832)] {
      #expect(BFloat16Tile.paddedDepth(terms) == padded)
    }
  }
}
