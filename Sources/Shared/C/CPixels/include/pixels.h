// What becomes of a row of pixels of 8 bits a channel: transparency over a background, and grey. Every way of reading a
// PNG or a JPEG file ends here.
#ifndef PIXELS_H
#define PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What becomes of a row.
struct conversion {
  /// The channels of a pixel as it comes; 0 stands for a palette index.
  int from;
  /// 1 or 3.
  int to;
  uint8_t background[3];
  /// The colours of the palette, converted, and how many there are.
  uint8_t palette[256 * 3];
  int palette_count;
};

/// Converts `count` pixels of 1 to 4 channels: transparency first, then grey.
void convert_pixels(const struct conversion *conversion, const uint8_t *from, uint8_t *to, size_t count);

/// Takes a palette of 1 to 256 colours, red, green, blue, with opacities for the first of them.
void convert_palette(
  struct conversion *conversion, const uint8_t *colors, int color_count, const uint8_t *alphas, int alpha_count);

/// Looks up palette indices, a byte each; false where there is no such colour.
bool look_up_pixels(const struct conversion *conversion, const uint8_t *from, uint8_t *to, size_t count);

#endif
