// Chooses kernels by name and by the environment variable FM_KERNELS.

import Compute
import ModelOptions
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct KernelChoiceTests {
  @Test func withoutANameTheBestIsChosen() throws {
    #expect(try InstructionSet.chosen(by: nil) == .best)
  }

  @Test(arguments: InstructionSet.allCases)
  func aNameChoosesItsKernelsOrThrows(_ instructionSet: InstructionSet) throws {
    if instructionSet.isSupported {
      #expect(try InstructionSet.chosen(by: instructionSet.rawValue) == instructionSet)
    } else {
      #expect(throws: InstructionSetError.unsupported(instructionSet)) {
        try InstructionSet.chosen(by: instructionSet.rawValue)
      }
    }
  }

  @Test(arguments: ["", "AVX2", "avx", "avx512 ", "neon"])
  func anUnknownNameIsRefused(_ name: String) {
    #expect(throws: InstructionSetError.unknown(name)) { try InstructionSet.chosen(by: name) }
  }

  // Each case runs in its own process, because the environment belongs to the whole process.
  @Test func theEnvironmentChoosesTheKernels() async {
    await #expect(processExitsWith: .success) {
      setenv("FM_KERNELS", "baseline", 1)
      let chosen = try InstructionSet.chosen()
      #expect(chosen == .baseline)
    }
    await #expect(processExitsWith: .success) {
      setenv("FM_KERNELS", "sse", 1)
      #expect(throws: InstructionSetError.unknown("sse")) { try InstructionSet.chosen() }
    }
    await #expect(processExitsWith: .success) {
      unsetenv("FM_KERNELS")
      let chosen = try InstructionSet.chosen()
      #expect(chosen == .best)
    }
  }
}
