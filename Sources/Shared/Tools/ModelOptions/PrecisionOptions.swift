// The option --precision of commands that compute.

import CommandLine
import Compute
import KernelInterface

extension Precision: ExpressibleByArgument {}

public struct PrecisionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Multiply in float32 or bfloat16 in dense layers and convolutions. With bfloat16, their weights and inputs are \
      rounded to it; all else stays float32. Fast on processors with AMX.
      """, valueName: "type"))
  public var precision = Precision.float32

  public init() {}

  /// Returns a note if bfloat16 is not faster on this processor; else `nil`.
  public func note(on engine: Engine) -> String? {
    guard precision == .bfloat16 else { return nil }
    switch engine.instructionSet {
    case .amx: return nil
    case .avx512bf16:
      return
        "--precision bfloat16: without tile registers (AMX), large convolutions are slower than with float32"
    case .baseline, .avx2, .avx512:
      return
        "--precision bfloat16: this processor has no bfloat16 products; float32 emulates them, which is slower"
    }
  }
}
