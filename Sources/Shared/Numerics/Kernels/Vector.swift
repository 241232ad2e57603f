// The vector of the instruction set that this folder is built for, and the operations that kernels need on it.

import CVectorMath

#if AVX512
  typealias Vector = SIMD16<Float>
  typealias IntegerVector = SIMD16<UInt32>
  typealias ByteVector = SIMD16<UInt8>
#elseif AVX2
  typealias Vector = SIMD8<Float>
  typealias IntegerVector = SIMD8<UInt32>
  typealias ByteVector = SIMD8<UInt8>
#else
  typealias Vector = SIMD4<Float>
  typealias IntegerVector = SIMD4<UInt32>
  typealias ByteVector = SIMD4<UInt8>
#endif

/// Floats in a vector; divides ``Lane/width``.
let vectorWidth = Vector.scalarCount

@inline(__always)
func load(_ source: UnsafePointer<Float>) -> Vector {
  UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
}

@inline(__always)
func store(_ vector: Vector, _ target: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(target).storeBytes(of: vector, as: Vector.self)
}

/// sum += a · b. Baseline x86-64 has no fused multiply-add. There `addProduct` would call a library function for each
/// element, which is a hundred times slower than a multiplication and an addition.
@inline(__always)
func multiplyAdd(_ sum: inout Vector, _ a: Vector, _ b: Vector) {
  #if AVX512 || AVX2 || arch(arm64)
    sum.addProduct(a, b)
  #else
    sum += a * b
  #endif
}

extension Vector {
  /// Returns self + a · b, rounded as in ``multiplyAdd``. In long formulas, the compiler splits the standard library's
  /// `addProduct` into elements and reassembles halves of vectors; this is one instruction.
  @inline(__always)
  func adding(_ a: Vector, times b: Vector) -> Vector {
    #if AVX512
      vector_math_multiply_add_16(a, b, self)
    #elseif AVX2
      vector_math_multiply_add_8(a, b, self)
    #elseif arch(arm64)
      vector_math_multiply_add_4(a, b, self)
    #else
      self + a * b
    #endif
  }
}

/// Returns max(vector, 0). A NaN stays a NaN, so that divergence is noticed.
@inline(__always)
func rectified(_ vector: Vector) -> Vector {
  vector.replacing(with: Vector.zero, where: vector .< Vector.zero)
}

/// Returns √x, correctly rounded. The standard library's `squareRoot()` of a vector is a root and a branch
/// for each element.
@inline(__always)
func squareRoot(_ x: Vector) -> Vector {
  #if AVX512
    vector_math_sqrt_16(x)
  #elseif AVX2
    vector_math_sqrt_8(x)
  #else
    vector_math_sqrt_4(x)
  #endif
}

/// Returns the lowest byte of each element. (The standard library converts element by element, here and below.)
@inline(__always)
func bytes(_ words: IntegerVector) -> ByteVector {
  #if AVX512
    vector_math_bytes_of_16(words)
  #elseif AVX2
    vector_math_bytes_of_8(words)
  #else
    vector_math_bytes_of_4(words)
  #endif
}

/// Widens each byte to a 32-bit word.
@inline(__always)
func words(_ bytes: ByteVector) -> IntegerVector {
  #if AVX512
    vector_math_words_of_16(bytes)
  #elseif AVX2
    vector_math_words_of_8(bytes)
  #else
    vector_math_words_of_4(bytes)
  #endif
}

/// Converts each byte to a float.
@inline(__always)
func numbers(_ bytes: ByteVector) -> Vector {
  #if AVX512
    vector_math_of_bytes_16(bytes)
  #elseif AVX2
    vector_math_of_bytes_8(bytes)
  #else
    vector_math_of_bytes_4(bytes)
  #endif
}

/// Returns all bits set where `a` is greater than `b` or a NaN, and no bits set elsewhere.
@inline(__always)
func isLarger(_ a: Vector, _ b: Vector) -> IntegerVector {
  #if AVX512
    vector_math_is_larger_16(a, b)
  #elseif AVX2
    vector_math_is_larger_8(a, b)
  #else
    vector_math_is_larger_4(a, b)
  #endif
}

/// Returns `a` where an element of `bits` is 0, and `b` elsewhere.
@inline(__always)
func select(_ a: Vector, _ b: Vector, by bits: IntegerVector) -> Vector {
  #if AVX512
    vector_math_select_16(bits, a, b)
  #elseif AVX2
    vector_math_select_8(bits, a, b)
  #else
    vector_math_select_4(bits, a, b)
  #endif
}

/// Returns the sum of all elements, always in the same order.
@inline(__always)
func elementSum(_ x: Vector) -> Float {
  #if AVX512
    vector_math_sum_16(x)
  #elseif AVX2
    vector_math_sum_8(x)
  #else
    vector_math_sum_4(x)
  #endif
}

/// Returns the start index of each vector in `count` values, a multiple of the vector's width. (A function that takes
/// the loop's body would be shorter to use, but the optimiser turned that body into a call for each vector.)
@inline(__always)
func vectorStarts(_ count: Int) -> StrideTo<Int> {
  stride(from: 0, to: count, by: vectorWidth)
}

/// Storage for 24 vectors, the sums of the largest tile.
private typealias VectorStorage = (
  Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector,
  Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector
)

/// Calls `body` with 24 vectors, all 0. They stay in registers if `body` indexes them only in loops that the optimiser
/// unrolls: loops with constant bounds that do one thing each.
///
/// The storage is a tuple, not an `InlineArray`, whose initialiser is a call unless the optimiser happens to inline it.
/// Whatever is passed to a call lives in memory, which makes the product three times slower.
@inline(__always)
func withVectors(_ body: (_ vectors: UnsafeMutablePointer<Vector>) -> Void) {
  let zero = Vector.zero
  var storage: VectorStorage = (
    zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero,
    zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero
  )
  withUnsafeMutableBytes(of: &storage) { body($0.baseAddress!.assumingMemoryBound(to: Vector.self)) }
}
