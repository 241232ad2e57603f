// What this build of the folder hands out. The kernels are extensions of this type, a file a subject.

import KernelInterface

/// The kernels of the instruction set that this module is built for. Calling one on a CPU without it is a crash.
public enum KernelTable: KernelSet {
  #if BF16
    public static let name = "avx512bf16"
  #elseif AVX512
    public static let name = "avx512"
  #elseif AVX2
    public static let name = "avx2"
  #else
    public static let name = "baseline"
  #endif
}
