// Converts rows of pixels with 8 bits per channel: composites transparency over a background, and converts to grey. All
// readers of PNG and JPEG files use it.
#ifndef PIXELS_H
#define PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The conversion of a row.
struct conversion {
  /// The number of channels of an input pixel; 0 for a palette index.
  int from;
  /// The number of channels of an output pixel, 1 or 3.
  int to;
  uint8_t background[3];
  /// The colours of the palette, converted, and their number.
  uint8_t palette[256 * 3];
  int palette_count;
};

/// Converts `count` pixels of 1 to 4 channels: first transparency, then grey.
void convert_pixels(const struct conversion *conversion, const uint8_t *from, uint8_t *to, size_t count);

/// Converts a palette of 1 to 256 colours, red, green, blue, for `look_up_pixels`. `alphas` are the opacities of its
/// first `alpha_count` colours; the others are opaque.
void convert_palette(
  struct conversion *conversion, const uint8_t *colors, int color_count, const uint8_t *alphas, int alpha_count);

/// Looks up palette indices of one byte each. Returns false if one of them is beyond the palette.
bool look_up_pixels(const struct conversion *conversion, const uint8_t *from, uint8_t *to, size_t count);

#endif
