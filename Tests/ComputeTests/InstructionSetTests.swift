// The instruction sets: those that the CPU supports, those that give the same bits, and the loop that measures the
// CPU's peak rate.

import Compute
import KernelInterface
import Testing

@Suite struct InstructionSetTests {
  @Test func baselineIsAlwaysSupported() {
    #expect(InstructionSet.supported.first == .baseline)
    #expect(InstructionSet.best == InstructionSet.supported.last)
  }

  @Test(arguments: InstructionSet.supported) func kernelsAreThoseOfTheirInstructionSet(
    instructionSet: InstructionSet
  ) {
    let kernels = instructionSet.kernels
    // Tiles are a part of the kernels that use AVX-512's products of bfloat16.
    #expect(kernels.name == (instructionSet == .amx ? "avx512bf16" : instructionSet.rawValue))
    #expect(kernels.panelWidth % Lane.width == 0 || Lane.width % kernels.panelWidth == 0)
    #expect(kernels.tileRows >= 1)
  }

  @Test(arguments: InstructionSet.supported) func onlyAMXUsesTilesByDefault(instructionSet: InstructionSet) {
    #expect(Engine(instructionSet: instructionSet, jobs: 1).usesTiles == (instructionSet == .amx))
  }

  /// Its kernels are those of `amx`, which use the processor's tiles and have no model of them.
  @Test func tilesOfAVX512BF16AreRefused() async {
    await #expect(processExitsWith: .failure) {
      _ = Engine(instructionSet: .avx512bf16, jobs: 1, usesTiles: true)
    }
  }

  /// Checkpoints record this name, so a run that continues with other kernels warns only if bits may differ.
  @Test func instructionSetsThatRoundAlikeHaveOneName() {
    for precision in Precision.allCases {
      for instructionSet in [InstructionSet.baseline, .avx2, .avx512] {
        #expect(instructionSet.roundingLike(precision) == instructionSet)
      }
      #expect(InstructionSet.avx512bf16.roundingLike(precision) == .avx512)
    }
    #expect(InstructionSet.amx.roundingLike(.float32) == .avx512)
    #expect(InstructionSet.amx.roundingLike(.bfloat16) == .amx)
  }
}

/// The loop with which benchmarks measure the CPU's peak rate: it must do the operations that it reports.
@Suite struct PeakRateTests {
  @Test(arguments: InstructionSet.supported) func doesTheOperationsThatItCounts(
    instructionSet: InstructionSet
  ) {
    let kernels = instructionSet.kernels
    for rounds in [0, 1, 2, 7] {
      let result = GuardedFloats(count: Lane.width)
      let operations = kernels.runMultiplyAddChains(rounds: rounds, result: result.floats.baseAddress!)
      let written = result.values.filter { !$0.isNaN }
      // A panel is two vectors wide, and a result is one.
      #expect(written.count == kernels.panelWidth / 2)
      // After n rounds of x ← x / 2 + 1/2 each chain is 1 − 2⁻ⁿ, exactly.
      let chain = 1 - Float(sign: .plus, exponent: -rounds, significand: 1)
      let chainCount = rounds == 0 ? 0 : operations / (2 * rounds * written.count)
      #expect(operations == 2 * rounds * chainCount * written.count)
      #expect(written.allSatisfy { $0 == Float(chainCount) * chain })
      #expect(rounds == 0 || chainCount >= 8, "too few chains to hide the latency of a multiply-add")
      #expect(result.isIntact)
    }
  }
}
