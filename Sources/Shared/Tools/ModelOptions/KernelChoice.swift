// Chooses how a command computes: the kernels, which are the best that the CPU runs or those that the environment
// variable FM_KERNELS names, and the precision of their products, which is an option.

import ByteIO
import CommandLine
import Compute
import KernelInterface

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension InstructionSet {
  /// Returns the instruction set that FM_KERNELS names, or the best one if it is not set. Throws
  /// ``InstructionSetError``.
  public static func chosen() throws(InstructionSetError) -> InstructionSet {
    try chosen(by: getenv("FM_KERNELS").map { String(cString: $0) })
  }

  /// Returns the instruction set with this name, or the best one if `name` is `nil`. Throws ``InstructionSetError``.
  public static func chosen(by name: String?) throws(InstructionSetError) -> InstructionSet {
    guard let name else { return best }
    guard let wanted = InstructionSet(rawValue: name) else { throw .unknown(name) }
    guard wanted.isSupported else { throw .unsupported(wanted) }
    return wanted
  }
}

/// The reasons why FM_KERNELS cannot be obeyed.
public enum InstructionSetError: Failure, Equatable {
  case unknown(String)
  case unsupported(InstructionSet)

  public var kind: FailureKind { .usage }

  public var description: String {
    switch self {
    case .unknown(let name):
      "FM_KERNELS: expected one of \(InstructionSet.allCases.map(\.rawValue).joined(separator: ", ")),"
        + " got '\(displayed(name))'"
    case .unsupported(let wanted):
      "FM_KERNELS: this CPU does not run \(wanted.rawValue) instructions; unset it"
    }
  }
}

extension Precision: ExpressibleByArgument {}

/// The option `--precision` of commands that compute.
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
