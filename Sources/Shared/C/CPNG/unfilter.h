// PNG's filters undone (PNG specification, third edition, 9).
#ifndef UNFILTER_H
#define UNFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  /// The bytes after a row, and after the row above it, that may be read, though never changed.
  UNFILTER_SLACK = 2,
};

/// Undoes the filter of a row in its place; false where there is no such filter.
///
/// `distance` is that of a byte to its neighbour on the left, 1, 2, 3, 4, 6 or 8: the bytes of a pixel, or 1 where a byte
/// holds several. The row above the first is zeros.
bool unfilter(int filter, uint8_t *row, const uint8_t *above, size_t byte_count, int distance);

#endif
