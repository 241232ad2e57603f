// Engines and numbers for the tests; every seed is fixed.

import Compute
import RandomNumbers

/// Floats in [−1, 1), multiples of 2⁻²³.
func randomFloats(_ count: Int, seed: Int, scale: Float = 1) -> [Float] {
  var random = SplitMix64(seed: UInt64(seed))
  return (0..<count).map { _ in (Float(random.next() >> 40) * 0x1p-23 - 1) * scale }
}

/// Whole numbers from −bound to bound. Sums of a few thousand products of them are exact in Float, in any order.
func randomIntegers(_ count: Int, seed: Int, bound: Int = 4) -> [Float] {
  var random = SplitMix64(seed: UInt64(seed))
  return (0..<count).map { _ in Float(random.next(below: 2 * bound + 1) - bound) }
}

func randomBytes(_ count: Int, seed: Int, below bound: Int = 256) -> [UInt8] {
  var random = SplitMix64(seed: UInt64(seed))
  return (0..<count).map { _ in UInt8(random.next(below: bound)) }
}

/// Zeros that are never freed. `FloatBuffer(count: 8).floats` would outlive its buffer, and a refusal ends the process.
func lastingFloats(_ count: Int) -> Floats {
  Unmanaged.passRetained(FloatBuffer(count: count)).takeUnretainedValue().floats
}

/// An engine of one thread. ThreadIndependenceTests compares it with engines of several.
func engine(_ instructionSet: InstructionSet) -> Engine { Engine(instructionSet: instructionSet, jobs: 1) }

/// 0 and 1, and both sides of one and two register tiles of 6 rows (SSE2, AVX2) and of 12 (AVX-512, NEON).
let rowCountsAroundTiles = [0, 1, 5, 6, 7, 11, 12, 13, 15, 27]

/// Depths shorter than, as long as and longer than an unrolled loop might be.
let depths = [0, 1, 2, 17, 300]
