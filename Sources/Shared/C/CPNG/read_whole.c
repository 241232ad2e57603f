// Reads the usual PNG pictures in one piece: libdeflate inflates all rows, two to three times as fast as zlib does row
// by row, and the filters are undone in place.
//
// It either produces the same picture as libpng, or none: libpng reads unusual pictures and rejects damaged ones. So
// there are no messages here.
#include "cpng_read.h"

#include <libdeflate.h>
#include <pixels.h>
#include <stdlib.h>
#include <string.h>

#include "unfilter.h"

enum {
  // Beyond the size of processor caches, inflating in one piece is not faster. The limit also bounds memory.
  LARGEST_FILTERED = 64 << 20,
  // PNG's colour types.
  COLOR_PALETTE = 3,
};

/// The layout of pixels in the file.
struct layout {
  /// The number of values in a pixel, and of bits in a value.
  int samples, bits;
  /// The bytes of a row, without its filter byte.
  size_t row_byte_count;
  /// The distance from a byte to its left neighbour.
  int distance;
  /// Whether one colour is transparent, and that colour.
  bool has_key;
  uint16_t key[3];
};

/// The memory needed while a picture is read, in one allocation.
struct scratch {
  void *memory;
  /// A row of zeros, which stands in for the row above the first.
  uint8_t *zeros;
  /// The concatenated compressed data, if there are several chunks.
  uint8_t *gathered;
  /// All rows, each after its filter byte.
  uint8_t *filtered;
  /// A row with 8 bits per value.
  uint8_t *row;
};

static uint32_t big_endian(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static struct layout layout_of(const struct cpng_source *source) {
  static const int sample_counts[7] = {1, 0, 3, 1, 2, 0, 4};
  struct layout layout = {.samples = sample_counts[source->color_type], .bits = source->bit_depth};
  layout.row_byte_count = ((size_t)source->width * layout.samples * layout.bits + 7) / 8;
  layout.distance = layout.samples * layout.bits < 8 ? 1 : layout.samples * layout.bits / 8;
  layout.has_key = source->color_type != COLOR_PALETTE && source->transparency.byte_count > 0;
  for (int c = 0; layout.has_key && c < layout.samples; c++)
    layout.key[c] = (uint16_t)(source->transparency.bytes[2 * c] << 8 | source->transparency.bytes[2 * c + 1]);
  return layout;
}

// MARK: Inflating

/// Returns the concatenated data of all chunks: in the file if there is one chunk, otherwise copied to `gathered`.
static const uint8_t *compressed_data(const struct cpng_source *source, uint8_t *gathered) {
  const uint8_t *chunk = source->image_chunks;
  if (big_endian(chunk) == source->image_byte_count) return chunk + 8;
  for (size_t count = 0; count < source->image_byte_count;) {
    const size_t byte_count = big_endian(chunk);
    memcpy(gathered + count, chunk + 8, byte_count);
    count += byte_count;
    chunk += 12 + byte_count;
  }
  return gathered;
}

/// Inflates the rows. Returns false unless the data are a zlib stream of exactly these rows, with nothing after it.
static bool inflate_rows(const struct cpng_source *source, struct scratch *scratch) {
  const uint8_t *data = compressed_data(source, scratch->gathered);
  // The stream's declared limit on the distance of back-references (RFC 1950). zlib enforces it; libdeflate does not.
  const size_t window = (size_t)256 << (data[0] >> 4);
  if (window < 32768 && window < source->filtered_byte_count) return false;
  struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
  if (decompressor == NULL) return false;
  size_t read_count = 0;
  const enum libdeflate_result result = libdeflate_zlib_decompress_ex(
    decompressor, data, source->image_byte_count, scratch->filtered, source->filtered_byte_count, &read_count, NULL);
  libdeflate_free_decompressor(decompressor);
  return result == LIBDEFLATE_SUCCESS && read_count == source->image_byte_count;
}

// MARK: Values

/// Converts the values of `width` pixels to 8 bits: grey of 1, 2 or 4 bits is multiplied by `factor`, and 16 bits are
/// rounded to nearest. Palette indices keep their value. A pixel of the transparent colour, compared at full depth,
/// gets alpha 0; others get 255.
static inline void expand(
  const struct layout *layout, int bits, int factor, const uint8_t *from, uint8_t *to, size_t width) {
  size_t index = 0;
  for (size_t x = 0; x < width; x++) {
    bool is_key = layout->has_key;
    for (int c = 0; c < layout->samples; c++, index++) {
      unsigned value;
      if (bits == 16) value = (unsigned)from[2 * index] << 8 | from[2 * index + 1];
      else if (bits == 8) value = from[index];
      else value = from[index * bits / 8] >> (8 - bits - index * bits % 8) & ((1u << bits) - 1);
      is_key = is_key && value == layout->key[c];
      *to++ = (uint8_t)(bits == 16 ? (value * 255 + 32895) >> 16 : value * factor);
    }
    if (layout->has_key) *to++ = is_key ? 0 : 255;
  }
}

static void expand_row(
  const struct layout *layout, bool is_palette, const uint8_t *from, uint8_t *to, size_t width) {
  switch (layout->bits) {
    case 1: expand(layout, 1, is_palette ? 1 : 255, from, to, width); break;
    case 2: expand(layout, 2, is_palette ? 1 : 85, from, to, width); break;
    case 4: expand(layout, 4, is_palette ? 1 : 17, from, to, width); break;
    case 8: expand(layout, 8, 1, from, to, width); break;
    case 16: expand(layout, 16, 1, from, to, width); break;
  }
}

// MARK: The picture

static bool convert_rows(
  const struct cpng_source *source, const struct layout *layout, const struct conversion *conversion,
  struct scratch *scratch, uint8_t *pixels) {
  const bool is_palette = source->color_type == COLOR_PALETTE;
  const bool is_plain = layout->bits == 8 && !layout->has_key;
  const uint8_t *above = scratch->zeros;
  uint8_t *row = scratch->filtered + 1;
  for (size_t y = 0; y < source->height; y++) {
    if (!unfilter(row[-1], row, above, layout->row_byte_count, layout->distance)) return false;
    if (!is_plain) expand_row(layout, is_palette, row, scratch->row, source->width);
    const uint8_t *values = is_plain ? row : scratch->row;
    uint8_t *target = pixels + y * source->width * conversion->to;
    if (!is_palette) convert_pixels(conversion, values, target, source->width);
    else if (!look_up_pixels(conversion, values, target, source->width)) return false;
    above = row;
    row += layout->row_byte_count + 1;
  }
  return true;
}

static bool allocate(struct scratch *scratch, const struct cpng_source *source, const struct layout *layout) {
  const bool is_gathered = big_endian(source->image_chunks) != source->image_byte_count;
  const size_t zero_count = layout->row_byte_count + UNFILTER_SLACK;
  const size_t gathered_count = is_gathered ? source->image_byte_count : 0;
  const size_t filtered_count = source->filtered_byte_count + UNFILTER_SLACK;
  scratch->memory = malloc(zero_count + gathered_count + filtered_count + (size_t)source->width * 4);
  if (scratch->memory == NULL) return false;
  scratch->zeros = scratch->memory;
  memset(scratch->zeros, 0, zero_count);
  scratch->gathered = scratch->zeros + zero_count;
  scratch->filtered = scratch->gathered + gathered_count;
  scratch->row = scratch->filtered + filtered_count;
  return true;
}

bool cpng_read_whole(const struct cpng_source *source, int channels, uint8_t *pixels) {
  if (source->is_interlaced || source->filtered_byte_count > LARGEST_FILTERED) return false;
  // Incompressible data grow by at most 5 bytes in 16,383, with zlib's smallest memory level. So the size of the
  // picture bounds memory, whatever else is in the file.
  if (source->image_byte_count > source->filtered_byte_count + source->filtered_byte_count / 1024 + 1024) return false;
  const struct layout layout = layout_of(source);
  struct conversion conversion = {.from = layout.samples + layout.has_key, .to = channels};
  memcpy(conversion.background, source->background, 3);
  if (source->color_type == COLOR_PALETTE)
    convert_palette(
      &conversion, source->palette.bytes, (int)source->palette.byte_count / 3, source->transparency.bytes,
      (int)source->transparency.byte_count);
  struct scratch scratch;
  if (!allocate(&scratch, source, &layout)) return false;
  const bool is_done = inflate_rows(source, &scratch) && convert_rows(source, &layout, &conversion, &scratch, pixels);
  free(scratch.memory);
  return is_done;
}
