// The loop with which benchmarks measure the CPU's peak rate: it must do the operations that it reports.

import Compute
import KernelInterface
import Testing

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
