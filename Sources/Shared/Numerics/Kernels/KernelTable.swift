// The type that this build of the folder exports. The kernels are extensions of it, one file for each subject.

import KernelInterface

/// The kernels of the instruction set that this module is built for. Calling one crashes on a CPU that lacks it.
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
