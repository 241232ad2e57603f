// The vector of the instruction set this folder is built for, and what kernels do with it.

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

extension Vector {
  /// self + a · b, as ``multiplyAdd`` has it. In long formulas, the standard library's `addProduct` is taken apart into
  /// elements and put together again as halves of vectors; this is one instruction.
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

/// max(vector, 0); a NaN stays a NaN, so that divergence is seen.
@inline(__always)
func rectified(_ vector: Vector) -> Vector {
  vector.replacing(with: Vector.zero, where: vector .< Vector.zero)
}

/// √x, correctly rounded. The standard library's `squareRoot()` of a vector is a root and a branch for each element.
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

/// The lowest byte of each element. (The standard library converts element by element, here and below.)
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

/// Each byte as a word.
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

/// Each byte as a number.
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

/// All bits set where `a` is greater than `b` or not a number, none elsewhere.
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

/// `a` where an element of `bits` is 0, `b` elsewhere.
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

/// The sum of all elements, in the same order each time.
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

/// The index of each vector of `count` values, a multiple of the vector's width. (A function that takes the loop's body
/// would be shorter to use; the optimiser made that body a call for each vector.)
@inline(__always)
func vectorStarts(_ count: Int) -> StrideTo<Int> {
  stride(from: 0, to: count, by: vectorWidth)
}

/// Room for 24 vectors: the sums of the largest tile.
private typealias VectorStorage = (
  Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector,
  Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector
)

/// Calls `body` with 24 vectors, 0 at first, which live in registers as far as `body` indexes them by loops that the
/// optimiser unrolls: loops with constant bounds that do one thing each.
///
/// A tuple, and not an `InlineArray`, whose initialiser is a call unless the optimiser feels like inlining it; what was
/// passed to a call lives in memory, and the product is three times slower.
@inline(__always)
func withVectors(_ body: (_ vectors: UnsafeMutablePointer<Vector>) -> Void) {
  let zero = Vector.zero
  var storage: VectorStorage = (
    zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero,
    zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero
  )
  withUnsafeMutableBytes(of: &storage) { body($0.baseAddress!.assumingMemoryBound(to: Vector.self)) }
}
