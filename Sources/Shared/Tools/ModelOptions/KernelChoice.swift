// Chooses the kernels: the best that the CPU runs, or those that the environment variable FM_KERNELS names.

import ByteIO
import Compute

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
