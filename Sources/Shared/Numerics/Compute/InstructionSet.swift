// The builds of the kernels, and which of them this CPU runs.

import ByteIO
import CSystem
import KernelInterface
import Kernels

#if arch(x86_64)
  import KernelsAVX2
  import KernelsAVX512
  import KernelsBFloat16
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An instruction set that kernels are built for, the slowest first.
public enum InstructionSet: String, CaseIterable, Sendable {
  /// The instructions of every CPU of the architecture: SSE2 on x86-64, NEON on arm64.
  case baseline
  case avx2
  case avx512
  /// AVX-512 with products of bfloat16.
  case avx512bf16
  /// AVX-512 with products of bfloat16 and tile registers for them.
  case amx

  /// Whether this CPU runs the instruction set.
  public var isSupported: Bool {
    switch self {
    case .baseline: true
    case .avx2: csystem_has_avx2_fma()
    case .avx512: csystem_has_avx512()
    case .avx512bf16: csystem_has_avx512_bf16()
    case .amx: csystem_has_amx_bf16()
    }
  }

  /// Returns the simplest instruction set with the same results in a precision, bit for bit. The additions to AVX-512
  /// serve bfloat16 products only, and those on vectors give the same bits with or without a special instruction.
  public func roundingLike(_ precision: Precision) -> InstructionSet {
    switch self {
    case .baseline, .avx2, .avx512: self
    case .avx512bf16: .avx512
    case .amx: precision == .bfloat16 ? .amx : .avx512
    }
  }

  /// The fastest instruction set that this CPU runs.
  public static var best: InstructionSet { allCases.last { $0.isSupported } ?? .baseline }

  /// The instruction sets that this CPU runs, the slowest first.
  public static var supported: [InstructionSet] { allCases.filter(\.isSupported) }

  /// The kernels of the instruction set, which the CPU must run.
  public var kernels: any KernelSet.Type {
    precondition(isSupported, "this CPU does not run \(rawValue) instructions")
    #if arch(x86_64)
      return switch self {
      case .baseline: Kernels.KernelTable.self
      case .avx2: KernelsAVX2.KernelTable.self
      case .avx512: KernelsAVX512.KernelTable.self
      case .avx512bf16, .amx: KernelsBFloat16.KernelTable.self
      }
    #else
      return Kernels.KernelTable.self
    #endif
  }
}
