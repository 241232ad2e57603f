// --precision, for the commands that compute.

import CommandLine
import Compute
import KernelInterface

extension Precision: ExpressibleByArgument {}

public struct PrecisionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      What dense layers and convolutions multiply: float32, or bfloat16, to which weights and values are then rounded; \
      all else stays float32. Fast on processors with AMX.
      """, valueName: "type"))
  public var precision = Precision.float32

  public init() {}

  /// What to tell whoever expects speed of a processor that has nothing to offer here.
  public func note(on engine: Engine) -> String? {
    guard precision == .bfloat16 else { return nil }
    switch engine.instructionSet {
    case .amx: return nil
    case .avx512bf16:
      return
        "--precision bfloat16: without tile registers (AMX), large convolutions are slower than with float32"
    case .baseline, .avx2, .avx512:
      return
        "--precision bfloat16: this processor has no products of bfloat16; they are made of float32's, and slower"
    }
  }
}
