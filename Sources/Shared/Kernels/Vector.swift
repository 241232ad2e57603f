// The vector of the instruction set this folder is built for, and the four things kernels do with it.

#if AVX512
  typealias Vector = SIMD16<Float>
  typealias IntegerVector = SIMD16<UInt32>
#elseif AVX2
  typealias Vector = SIMD8<Float>
  typealias IntegerVector = SIMD8<UInt32>
#else
  typealias Vector = SIMD4<Float>
  typealias IntegerVector = SIMD4<UInt32>
#endif

/// Floats in a vector; divides ``KernelSet/lane``.
let vectorWidth = Vector.scalarCount

@inline(__always)
func load(_ source: UnsafePointer<Float>) -> Vector {
  UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
}

@inline(__always)
func store(_ vector: Vector, _ target: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(target).storeBytes(of: vector, as: Vector.self)
}

/// sum += a · b. Plain x86-64 has no fused multiply-add: there `addProduct` would call a library function for each
/// element, a hundred times slower than a multiplication and an addition.
@inline(__always)
func multiplyAdd(_ sum: inout Vector, _ a: Vector, _ b: Vector) {
  #if AVX512 || AVX2 || arch(arm64)
    sum.addProduct(a, b)
  #else
    sum += a * b
  #endif
}

/// max(vector, 0); a NaN stays a NaN, so that divergence is seen.
@inline(__always)
func rectified(_ vector: Vector) -> Vector {
  vector.replacing(with: Vector.zero, where: vector .< Vector.zero)
}
