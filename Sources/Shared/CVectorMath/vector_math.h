// What processors do with a whole vector and Swift's standard library does element by element.
#ifndef VECTOR_MATH_H
#define VECTOR_MATH_H

typedef float vector_math_4 __attribute__((ext_vector_type(4)));
typedef float vector_math_8 __attribute__((ext_vector_type(8)));
typedef float vector_math_16 __attribute__((ext_vector_type(16)));

/// The square root of each element, correctly rounded: one instruction where vectors are that wide.
static inline __attribute__((always_inline)) vector_math_4 vector_math_sqrt_4(vector_math_4 x) {
  return __builtin_elementwise_sqrt(x);
}
static inline __attribute__((always_inline)) vector_math_8 vector_math_sqrt_8(vector_math_8 x) {
  return __builtin_elementwise_sqrt(x);
}
static inline __attribute__((always_inline)) vector_math_16 vector_math_sqrt_16(vector_math_16 x) {
  return __builtin_elementwise_sqrt(x);
}

#endif
