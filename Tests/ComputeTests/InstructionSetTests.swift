// The instruction sets: those that the CPU supports, and those that give the same bits.

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
