// Vector operations that processors have, but that Swift's standard library does element by element or not at all.
#ifndef VECTOR_MATH_H
#define VECTOR_MATH_H

#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

typedef float vector_math_4 __attribute__((ext_vector_type(4)));
typedef float vector_math_8 __attribute__((ext_vector_type(8)));
typedef float vector_math_16 __attribute__((ext_vector_type(16)));
typedef unsigned vector_math_words_4 __attribute__((ext_vector_type(4)));
typedef unsigned vector_math_words_8 __attribute__((ext_vector_type(8)));
typedef unsigned vector_math_words_16 __attribute__((ext_vector_type(16)));
typedef unsigned short vector_math_halves_4 __attribute__((ext_vector_type(4)));
typedef unsigned short vector_math_halves_8 __attribute__((ext_vector_type(8)));
typedef unsigned short vector_math_halves_16 __attribute__((ext_vector_type(16)));
typedef unsigned char vector_math_bytes_4 __attribute__((ext_vector_type(4)));
typedef unsigned char vector_math_bytes_8 __attribute__((ext_vector_type(8)));
typedef unsigned char vector_math_bytes_16 __attribute__((ext_vector_type(16)));

/// The square root of each element, correctly rounded: one instruction if the processor's vectors are that wide.
static inline __attribute__((always_inline)) vector_math_4 vector_math_sqrt_4(vector_math_4 x) {
  return __builtin_elementwise_sqrt(x);
}
static inline __attribute__((always_inline)) vector_math_8 vector_math_sqrt_8(vector_math_8 x) {
  return __builtin_elementwise_sqrt(x);
}
static inline __attribute__((always_inline)) vector_math_16 vector_math_sqrt_16(vector_math_16 x) {
  return __builtin_elementwise_sqrt(x);
}

/// a · b + c for each element, rounded once.
static inline __attribute__((always_inline)) vector_math_4 vector_math_multiply_add_4(
    vector_math_4 a, vector_math_4 b, vector_math_4 c) {
  return __builtin_elementwise_fma(a, b, c);
}
static inline __attribute__((always_inline)) vector_math_8 vector_math_multiply_add_8(
    vector_math_8 a, vector_math_8 b, vector_math_8 c) {
  return __builtin_elementwise_fma(a, b, c);
}
static inline __attribute__((always_inline)) vector_math_16 vector_math_multiply_add_16(
    vector_math_16 a, vector_math_16 b, vector_math_16 c) {
  return __builtin_elementwise_fma(a, b, c);
}

/// The lowest byte of each element.
static inline __attribute__((always_inline)) vector_math_bytes_4 vector_math_bytes_of_4(vector_math_words_4 x) {
  return __builtin_convertvector(x, vector_math_bytes_4);
}
static inline __attribute__((always_inline)) vector_math_bytes_8 vector_math_bytes_of_8(vector_math_words_8 x) {
  return __builtin_convertvector(x, vector_math_bytes_8);
}
static inline __attribute__((always_inline)) vector_math_bytes_16 vector_math_bytes_of_16(vector_math_words_16 x) {
  return __builtin_convertvector(x, vector_math_bytes_16);
}

/// Zero-extends each byte to a word.
static inline __attribute__((always_inline)) vector_math_words_4 vector_math_words_of_4(vector_math_bytes_4 x) {
  return __builtin_convertvector(x, vector_math_words_4);
}
static inline __attribute__((always_inline)) vector_math_words_8 vector_math_words_of_8(vector_math_bytes_8 x) {
  return __builtin_convertvector(x, vector_math_words_8);
}
static inline __attribute__((always_inline)) vector_math_words_16 vector_math_words_of_16(vector_math_bytes_16 x) {
  return __builtin_convertvector(x, vector_math_words_16);
}

/// Converts each byte to a float.
static inline __attribute__((always_inline)) vector_math_4 vector_math_of_bytes_4(vector_math_bytes_4 x) {
  return __builtin_convertvector(x, vector_math_4);
}
static inline __attribute__((always_inline)) vector_math_8 vector_math_of_bytes_8(vector_math_bytes_8 x) {
  return __builtin_convertvector(x, vector_math_8);
}
static inline __attribute__((always_inline)) vector_math_16 vector_math_of_bytes_16(vector_math_bytes_16 x) {
  return __builtin_convertvector(x, vector_math_16);
}

/// Sets all bits of an element where `a` is greater than `b` or not a number, and none elsewhere.
static inline __attribute__((always_inline)) vector_math_words_4 vector_math_is_larger_4(
    vector_math_4 a, vector_math_4 b) {
  return (vector_math_words_4)((a > b) | (a != a));
}
static inline __attribute__((always_inline)) vector_math_words_8 vector_math_is_larger_8(
    vector_math_8 a, vector_math_8 b) {
  return (vector_math_words_8)((a > b) | (a != a));
}
static inline __attribute__((always_inline)) vector_math_words_16 vector_math_is_larger_16(
    vector_math_16 a, vector_math_16 b) {
  return (vector_math_words_16)((a > b) | (a != a));
}

/// Selects `a` where an element of `bits` is 0, and `b` elsewhere.
static inline __attribute__((always_inline)) vector_math_4 vector_math_select_4(
    vector_math_words_4 bits, vector_math_4 a, vector_math_4 b) {
  return bits != 0 ? b : a;
}
static inline __attribute__((always_inline)) vector_math_8 vector_math_select_8(
    vector_math_words_8 bits, vector_math_8 a, vector_math_8 b) {
  return bits != 0 ? b : a;
}
static inline __attribute__((always_inline)) vector_math_16 vector_math_select_16(
    vector_math_words_16 bits, vector_math_16 a, vector_math_16 b) {
  return bits != 0 ? b : a;
}

/// The sum of all elements, always in the same order: the two halves of the vector are added until one element is left.
static inline __attribute__((always_inline)) float vector_math_sum_4(vector_math_4 x) {
  x += __builtin_shufflevector(x, x, 2, 3, 0, 1);
  return x[0] + x[1];
}
static inline __attribute__((always_inline)) float vector_math_sum_8(vector_math_8 x) {
  return vector_math_sum_4(
      __builtin_shufflevector(x, x, 0, 1, 2, 3) + __builtin_shufflevector(x, x, 4, 5, 6, 7));
}
static inline __attribute__((always_inline)) float vector_math_sum_16(vector_math_16 x) {
  return vector_math_sum_8(
      __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7)
      + __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15));
}

/// Rounds each element to the nearest bfloat16, ties to even. NaN stays NaN, and subnormal numbers become 0 or −0.
static inline __attribute__((always_inline)) vector_math_halves_4 vector_math_round_4(vector_math_4 x) {
  vector_math_words_4 bits = (vector_math_words_4)x;
  vector_math_words_4 nearest = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  nearest = (bits & 0x7F800000) == 0 ? bits >> 16 & 0x8000 : nearest;
  return __builtin_convertvector(x != x ? bits >> 16 | 0x40 : nearest, vector_math_halves_4);
}
static inline __attribute__((always_inline)) vector_math_halves_8 vector_math_round_8(vector_math_8 x) {
  vector_math_words_8 bits = (vector_math_words_8)x;
  vector_math_words_8 nearest = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  nearest = (bits & 0x7F800000) == 0 ? bits >> 16 & 0x8000 : nearest;
  return __builtin_convertvector(x != x ? bits >> 16 | 0x40 : nearest, vector_math_halves_8);
}
static inline __attribute__((always_inline)) vector_math_halves_16 vector_math_round_16(vector_math_16 x) {
#ifdef __AVX512BF16__
  return (vector_math_halves_16)_mm512_cvtneps_pbh((__m512)x);
#else
  vector_math_words_16 bits = (vector_math_words_16)x;
  vector_math_words_16 nearest = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  nearest = (bits & 0x7F800000) == 0 ? bits >> 16 & 0x8000 : nearest;
  return __builtin_convertvector(x != x ? bits >> 16 | 0x40 : nearest, vector_math_halves_16);
#endif
}

#ifdef __AVX512BF16__
/// Adds two products of bfloat16 to c: first that of the upper halves of `a` and `b`, then that of the lower halves,
/// with each sum rounded once. Subnormal numbers count as 0.
static inline __attribute__((always_inline)) vector_math_16 vector_math_multiply_add_pairs_16(
    vector_math_words_16 a, vector_math_words_16 b, vector_math_16 c) {
  return (vector_math_16)_mm512_dpbf16_ps((__m512)c, (__m512bh)a, (__m512bh)b);
}
#endif

/// Zero-extends each half to a word.
static inline __attribute__((always_inline)) vector_math_words_4 vector_math_words_of_halves_4(
    vector_math_halves_4 x) {
  return __builtin_convertvector(x, vector_math_words_4);
}
static inline __attribute__((always_inline)) vector_math_words_8 vector_math_words_of_halves_8(
    vector_math_halves_8 x) {
  return __builtin_convertvector(x, vector_math_words_8);
}
static inline __attribute__((always_inline)) vector_math_words_16 vector_math_words_of_halves_16(
    vector_math_halves_16 x) {
  return __builtin_convertvector(x, vector_math_words_16);
}

/// Prefetches the cache line at `address`, which may be any address, even an invalid one; returns immediately.
static inline __attribute__((always_inline)) void vector_math_prefetch(const void *address) {
  __builtin_prefetch(address);
}

#endif
