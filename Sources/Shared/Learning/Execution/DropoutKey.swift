import KernelInterface
import RandomNumbers

/// The seed of a run and the number of a step, which determine the masks of dropout.
package struct DropoutKey {
  let seed: UInt64
  let step: UInt64

  package init(seed: UInt64, step: UInt64) {
    self.seed = seed
    self.step = step
  }

  func mask(_ plan: DropoutPlan) -> DropoutMask {
    var random = SplitMix64(seed: seed, Self.streamTag, step, UInt64(plan.layer))
    let key = random.next()
    return DropoutMask(
      key: (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)),
      probability: plan.probability)
  }

  /// Keeps these streams apart from those of initial weights and shuffles.
  private static let streamTag: UInt64 = 2
}
