// Handles transparency, grey and palettes in integer arithmetic. docs/png.md has the formulas.
#include "pixels.h"

#include <string.h>

/// Returns the luma of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, in 16-bit fixed point, rounded. The three factors add
/// up to 65536, so that grey is unchanged.
static inline uint8_t luma(const uint8_t *rgb) {
  return (uint8_t)((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16);
}

/// Returns `value` over `below` with opacity alpha / 255, rounded.
static inline uint8_t over(uint8_t value, uint8_t below, uint8_t alpha) {
  return (uint8_t)((value * alpha + below * (255u - alpha) + 127u) / 255u);
}

/// Composites a colour over the background. Nearly all pixels are fully opaque or fully transparent, and so are their
/// neighbours, so these two cases have branches of their own.
static inline void lay(uint8_t *rgb, const uint8_t *color, uint8_t alpha, const uint8_t *background) {
  if (alpha == 255) {
    memcpy(rgb, color, 3);
  } else if (alpha == 0) {
    memcpy(rgb, background, 3);
  } else {
    for (int c = 0; c < 3; c++) rgb[c] = over(color[c], background[c], alpha);
  }
}

void convert_pixels(const struct conversion *conversion, const uint8_t *from, uint8_t *to, size_t count) {
  const uint8_t *background = conversion->background;
  uint8_t rgb[3];
  switch (conversion->from * 4 + conversion->to) {
    case 1 * 4 + 1: memcpy(to, from, count); break;
    case 1 * 4 + 3:
      for (size_t i = 0; i < count; i++) memset(to + 3 * i, from[i], 3);
      break;
    case 2 * 4 + 1:
      for (size_t i = 0; i < count; i++) {
        memset(rgb, from[2 * i], 3);
        lay(rgb, rgb, from[2 * i + 1], background);
        to[i] = luma(rgb);
      }
      break;
    case 2 * 4 + 3:
      for (size_t i = 0; i < count; i++) {
        memset(rgb, from[2 * i], 3);
        lay(to + 3 * i, rgb, from[2 * i + 1], background);
      }
      break;
    case 3 * 4 + 1:
      for (size_t i = 0; i < count; i++) to[i] = luma(from + 3 * i);
      break;
    case 3 * 4 + 3: memcpy(to, from, 3 * count); break;
    case 4 * 4 + 1:
      for (size_t i = 0; i < count; i++) {
        lay(rgb, from + 4 * i, from[4 * i + 3], background);
        to[i] = luma(rgb);
      }
      break;
    case 4 * 4 + 3:
      for (size_t i = 0; i < count; i++) lay(to + 3 * i, from + 4 * i, from[4 * i + 3], background);
      break;
  }
}

void convert_palette(
  struct conversion *conversion, const uint8_t *colors, int color_count, const uint8_t *alphas, int alpha_count) {
  struct conversion of_colors = *conversion;
  of_colors.from = 4;
  for (int i = 0; i < color_count; i++) {
    uint8_t rgba[4] = {colors[3 * i], colors[3 * i + 1], colors[3 * i + 2], i < alpha_count ? alphas[i] : 255};
    convert_pixels(&of_colors, rgba, conversion->palette + conversion->to * i, 1);
  }
  conversion->from = 0;
  conversion->palette_count = color_count;
}

bool look_up_pixels(const struct conversion *conversion, const uint8_t *from, uint8_t *to, size_t count) {
  int largest = 0;
  for (size_t i = 0; i < count; i++) largest = from[i] > largest ? from[i] : largest;
  if (largest >= conversion->palette_count) return false;
  const uint8_t *palette = conversion->palette;
  if (conversion->to == 1) {
    for (size_t i = 0; i < count; i++) to[i] = palette[from[i]];
  } else {
    for (size_t i = 0; i < count; i++) memcpy(to + 3 * i, palette + 3 * from[i], 3);
  }
  return true;
}
