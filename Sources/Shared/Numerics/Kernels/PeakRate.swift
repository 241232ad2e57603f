// What the CPU can do at most: multiply-adds in registers, with nothing to wait for. Benchmarks measure kernels by it.
//
//     xᵢ ← xᵢ · a + b        a chain for each i, none of which depends on another
//
// With a = b = 1/2 and x starting at 0 every chain tends to 1: no infinity and no denormal number slows it down. The
// form keeps the multiplication inside the loop also where there is no fused instruction: x + a · b would be hoisted.

#if AVX512 || arch(arm64)
  // All that `withVectors` has: more than latency (4 cycles) times instructions a cycle (4 on the widest cores).
  private let chainCount = 24
#else
  // Twelve chains, a and b are 14 of 16 registers, and four cycles at two instructions each take eight.
  private let chainCount = 12
#endif

extension KernelTable {
  /// Runs every chain for `rounds` steps, writes the sum of their results to `result` (a vector, at most
  /// ``Lane/width`` floats) and returns how many floating-point operations that was.
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
