// The tile registers of Intel's Advanced Matrix Extensions (AMX): eight registers of 16 rows of 64 bytes each.
// Instructions name them with constants, so each use of a register in the kernels is a function here.
//
//     0 to 3    sums, 16 × 16 floats: tile 4 times tiles 6 and 7, then tile 5 times tiles 6 and 7
//     4, 5      rows of A, 16 × 32 bfloat16
//     6, 7      rows of B, 16 × 16 pairs of bfloat16
//
// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18.
#ifndef TILE_REGISTERS_H
#define TILE_REGISTERS_H

#if defined(__AMX_TILE__) && defined(__AMX_BF16__)
#include <immintrin.h>

struct tile_configuration {
  unsigned char palette, first_row, reserved[14];
  unsigned short row_bytes[16];
  unsigned char rows[16];
};

/// Configures this thread's tiles, each at its full size.
static inline __attribute__((always_inline)) void tile_configure(void) {
  struct tile_configuration configuration = {
      .palette = 1,
      .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
      .rows = {16, 16, 16, 16, 16, 16, 16, 16},
  };
  _tile_loadconfig(&configuration);
}

/// Releases the tiles, so that a context switch need not save them and no data stays in them.
static inline __attribute__((always_inline)) void tile_release(void) { _tile_release(); }

#define TILE_SUM(number)                                                                           \
  static inline __attribute__((always_inline)) void tile_zero_sum_##number(void) {                 \
    _tile_zero(number);                                                                            \
  }                                                                                                \
  static inline __attribute__((always_inline)) void tile_load_sum_##number(                        \
      const float *rows, long stride) {                                                            \
    _tile_loadd(number, rows, stride);                                                             \
  }                                                                                                \
  static inline __attribute__((always_inline)) void tile_store_sum_##number(                       \
      float *rows, long stride) {                                                                  \
    _tile_stored(number, rows, stride);                                                            \
  }
TILE_SUM(0)
TILE_SUM(1)
TILE_SUM(2)
TILE_SUM(3)

#define TILE_OPERAND(name, number)                                                                 \
  static inline __attribute__((always_inline)) void tile_load_##name(                              \
      const void *rows, long stride) {                                                             \
    _tile_loadd(number, rows, stride);                                                             \
  }
TILE_OPERAND(a_0, 4)
TILE_OPERAND(a_1, 5)
TILE_OPERAND(b_0, 6)
TILE_OPERAND(b_1, 7)

#define TILE_PRODUCT(sum, a, b)                                                                    \
  static inline __attribute__((always_inline)) void tile_multiply_add_##sum(void) {                \
    _tile_dpbf16ps(sum, a, b);                                                                     \
  }
TILE_PRODUCT(0, 4, 6)
TILE_PRODUCT(1, 4, 7)
TILE_PRODUCT(2, 5, 6)
TILE_PRODUCT(3, 5, 7)

#undef TILE_SUM
#undef TILE_OPERAND
#undef TILE_PRODUCT
#endif

#endif
