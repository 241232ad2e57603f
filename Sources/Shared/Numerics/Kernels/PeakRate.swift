// The peak rate of the CPU: independent multiply-adds in registers. Benchmarks compare kernels with it.
//
//     xᵢ ← xᵢ · a + b        a chain for each i, none of which depends on another
//
// With a = b = 1/2 and x starting at 0, every chain tends to 1: no infinity and no subnormal number slows it
// down. The form keeps the multiplication in the loop even without a fused instruction, while a · b of x + a · b
// would be hoisted.

#if AVX512 || arch(arm64)
  // All vectors of `withVectors`: more than latency (4 cycles) times instructions a cycle (4 on the widest cores).
  private let chainCount = 24
#else
  // Twelve chains, a and b take 14 of 16 registers. Eight chains fill four cycles of latency at two
  // instructions a cycle.
  private let chainCount = 12
#endif

extension KernelTable {
  /// Runs every chain for `rounds` steps, writes the sum of their results to `result` (a vector, at most ``Lane/width``
  /// floats), and returns the number of floating-point operations.
  public static func runMultiplyAddChains(rounds: Int, result: UnsafeMutablePointer<Float>) -> Int {
    let half = Vector(repeating: 0.5)
    withVectors { chains in
      for _ in 0..<rounds {
        for chain in 0..<chainCount {
          var next = half
          multiplyAdd(&next, chains[chain], half)
          chains[chain] = next
        }
      }
      var sum = Vector.zero
      for chain in 0..<chainCount { sum += chains[chain] }
      store(sum, result)
    }
    return 2 * rounds * chainCount * vectorWidth
  }
}
