// Undoes PNG's filters (PNG specification, third edition, section 9).
#ifndef UNFILTER_H
#define UNFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  /// The number of bytes after a row, and after the row above it, that may be read but never change.
  UNFILTER_SLACK = 2,
};

/// Undoes the filter of a row in place. Returns false if there is no such filter.
///
/// `distance` is the distance from a byte to its left neighbour, 1, 2, 3, 4, 6 or 8: the bytes of a pixel, or 1 if a
/// byte contains several pixels. The row above the first is zeros.
bool unfilter(int filter, uint8_t *row, const uint8_t *above, size_t byte_count, int distance);

#endif
