// The units that multiply bfloat16, and the rounding of their operands.

import Compute
import KernelInterface
import Testing

/// An instruction set, and whether its vectors or its tiles compute products of bfloat16.
struct BFloat16Unit: Sendable, CustomTestStringConvertible {
  let instructionSet: InstructionSet
  let usesTiles: Bool

  /// The kernels of `avx512bf16` are those of `amx`, whose tiles are the processor's, if it has any.
  static let all = InstructionSet.supported.flatMap { instructionSet in
    (instructionSet == .avx512bf16 ? [false] : [false, true]).map {
      BFloat16Unit(instructionSet: instructionSet, usesTiles: $0)
    }
  }

  static let tiles = all.filter(\.usesTiles)

  /// Whether a multiplication and an addition round only once.
  var isFused: Bool {
    #if arch(arm64)
      true
    #else
      instructionSet != .baseline
    #endif
  }

  var testDescription: String { "\(instructionSet) with \(usesTiles ? "tiles" : "vectors")" }

  /// The columns of the kernels' panels, in which C is stored.
  var panelWidth: Int { instructionSet.kernels.panelWidth }

  func engine(jobs: Int = 1) -> Engine {
    Engine(instructionSet: instructionSet, jobs: jobs, usesTiles: usesTiles)
  }

  func multiply(_ product: BFloat16Product) {
    let kernels = instructionSet.kernels
    if usesTiles { kernels.multiplyByTiles(product) } else { kernels.multiply(product) }
  }
}

/// Returns the nearest number with 8 significant bits. A tie goes to the one whose last bit is 0. Values that round
/// beyond the largest number become infinite, and subnormal numbers 0.
func nearestBFloat16(_ value: Float) -> Float {
  guard value.isNormal else { return value.isSubnormal ? (value.sign == .minus ? -0.0 : 0) : value }
  let spacing = Double(sign: .plus, exponent: Int(value.exponent) - 7, significand: 1)
  return Float((Double(value) / spacing).rounded(.toNearestOrEven) * spacing)
}

func nearestBFloat16(_ values: [Float]) -> [Float] { values.map { nearestBFloat16($0) } }

/// The bits of a number that is a bfloat16.
func bfloat16Bits(_ value: Float) -> UInt16 {
  precondition(value.bitPattern & 0xFFFF == 0, "\(value) is not a bfloat16")
  return UInt16(value.bitPattern >> 16)
}

/// Random numbers in [−1, 1), rounded to bfloat16.
func randomBFloats(_ count: Int, seed: Int) -> [BFloat16] {
  randomFloats(count, seed: seed).map { BFloat16(bits: bfloat16Bits(nearestBFloat16($0))) }
}
