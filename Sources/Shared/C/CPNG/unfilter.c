// A filter predicts each byte from earlier bytes, and stores the difference:
//
//     c b     above      1 Sub: a           3 Average: (a + b) / 2, rounded down
//     a x     row        2 Up: b            4 Paeth: whichever of a, b, c is nearest to a + b − c; the first in a tie
//
// x depends on a, so pixels must be processed one after another. The bytes of one pixel are independent of each other:
// they are the lanes of a vector, and stay in registers from pixel to pixel. Pixels of a single byte would fill one
// lane only; scalar registers have lower latency.
#include "unfilter.h"

#include <string.h>

typedef uint8_t pixel8 __attribute__((vector_size(8)));
/// The bytes of a pixel, widened for sums and signs.
typedef int16_t pixel16 __attribute__((vector_size(16)));
typedef uint8_t bytes16 __attribute__((vector_size(16)));

/// Loads a pixel. Pixels of 3 or 6 bytes are read together with one or two bytes of the next pixel, in a single load.
static inline pixel8 load_bytes(const uint8_t *bytes, int distance) {
  pixel8 pixel = {0};
  memcpy(&pixel, bytes, distance == 3 ? 4 : distance == 6 ? 8 : distance);
  return pixel;
}

static inline pixel16 load(const uint8_t *bytes, int distance) {
  return __builtin_convertvector(load_bytes(bytes, distance), pixel16);
}

static inline void store(uint8_t *bytes, pixel16 values, int distance) {
  const pixel8 pixel = __builtin_convertvector(values, pixel8);
  memcpy(bytes, &pixel, distance);
}

/// Selects the lanes of `yes` where `mask` has all bits set, and those of `no` where it has none.
static inline pixel16 choose(pixel16 mask, pixel16 yes, pixel16 no) { return (mask & yes) | (~mask & no); }

/// Adds lanes that contain bytes, modulo 256. Their upper halves are zero, and so is the sum of these.
static inline pixel16 wrapping_sum(pixel16 a, pixel16 b) { return (pixel16)((bytes16)a + (bytes16)b); }

/// Returns the sum of x and the predicted value. All candidate sums are computed before the choice, so they need not
/// wait for it.
static inline pixel16 paeth(pixel16 x, pixel16 a, pixel16 b, pixel16 c) {
  const pixel16 from_a = __builtin_elementwise_abs(b - c), from_b = __builtin_elementwise_abs(a - c);
  const pixel16 from_c = __builtin_elementwise_abs(b - c + a - c);
  const pixel16 least = __builtin_elementwise_min(__builtin_elementwise_min(from_a, from_b), from_c);
  return choose(
    from_a == least, wrapping_sum(x, a), choose(from_b == least, wrapping_sum(x, b), wrapping_sum(x, c)));
}

// MARK: The filters

static void undo_up(uint8_t *row, const uint8_t *above, size_t byte_count) {
  for (size_t i = 0; i < byte_count; i++) row[i] += above[i];
}

static inline void undo_sub(uint8_t *row, size_t byte_count, int distance) {
  pixel8 a = {0};
  for (size_t i = 0; i < byte_count; i += distance) {
    a += load_bytes(row + i, distance);
    memcpy(row + i, &a, distance);
  }
}

static inline void undo_average(uint8_t *row, const uint8_t *above, size_t byte_count, int distance) {
  pixel16 a = {0};
  for (size_t i = 0; i < byte_count; i += distance) {
    a = wrapping_sum(load(row + i, distance), (a + load(above + i, distance)) >> 1);
    store(row + i, a, distance);
  }
}

static inline void undo_paeth(uint8_t *row, const uint8_t *above, size_t byte_count, int distance) {
  pixel16 a = {0}, c = {0};
  for (size_t i = 0; i < byte_count; i += distance) {
    const pixel16 b = load(above + i, distance);
    a = paeth(load(row + i, distance), a, b, c);
    store(row + i, a, distance);
    c = b;
  }
}

static inline bool undo(int filter, uint8_t *row, const uint8_t *above, size_t byte_count, int distance) {
  switch (filter) {
    case 0: return true;
    case 1: undo_sub(row, byte_count, distance); return true;
    case 2: undo_up(row, above, byte_count); return true;
    case 3: undo_average(row, above, byte_count, distance); return true;
    case 4: undo_paeth(row, above, byte_count, distance); return true;
    default: return false;
  }
}

/// Undoes the filter of a row whose pixels are single bytes.
static bool undo_bytes(int filter, uint8_t *row, const uint8_t *above, size_t byte_count) {
  int a = 0, c = 0;
  switch (filter) {
    case 0: return true;
    case 1:
      for (size_t i = 0; i < byte_count; i++) row[i] = (uint8_t)(a += row[i]);
      return true;
    case 2: undo_up(row, above, byte_count); return true;
    case 3:
      for (size_t i = 0; i < byte_count; i++) row[i] = (uint8_t)(a = (row[i] + ((a + above[i]) >> 1)) & 255);
      return true;
    case 4:
      for (size_t i = 0; i < byte_count; i++) {
        const int b = above[i], to_b = b - c, to_a = a - c;
        const int from_a = to_b < 0 ? -to_b : to_b, from_b = to_a < 0 ? -to_a : to_a;
        const int both = to_a + to_b, from_c = both < 0 ? -both : both;
        const int nearer = from_b <= from_c ? b : c;
        const int least = from_b <= from_c ? from_b : from_c;
        a = (row[i] + (from_a <= least ? a : nearer)) & 255;
        row[i] = (uint8_t)a;
        c = b;
      }
      return true;
    default: return false;
  }
}

bool unfilter(int filter, uint8_t *row, const uint8_t *above, size_t byte_count, int distance) {
  // Each call has a constant distance, so that loads and stores of that size are compiled.
  switch (distance) {
    case 1: return undo_bytes(filter, row, above, byte_count);
    case 2: return undo(filter, row, above, byte_count, 2);
    case 3: return undo(filter, row, above, byte_count, 3);
    case 4: return undo(filter, row, above, byte_count, 4);
    case 6: return undo(filter, row, above, byte_count, 6);
    case 8: return undo(filter, row, above, byte_count, 8);
    default: return false;
  }
}
