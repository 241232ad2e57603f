// Reads PNG pictures with libpng's low-level interface, which changes no value unless asked to. (The simplified
// interface, png_image_*, applies gamma.)
//
// libpng unpacks, undoes filters and interlacing, and converts to 8 bits. The result is grey, grey + alpha, RGB, RGBA
// or palette indices, 8 bits each. CPixels handles transparency and converts to grey.
//
// Most files never get here, because read_whole.c reads them faster. This file is the reference, the only reader for
// interlaced, large and damaged pictures, and the source of the messages.
#include "cpng_read.h"

#include <pixels.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/// The state of reading a picture, with everything that must be freed however reading ends.
struct reading {
  const struct cpng_source *source;
  char *message;
  /// The bytes that libpng reads next.
  struct cpng_part rest;
  /// The number of parts before the image data that libpng has begun to read.
  size_t part_count;
  /// The position of libpng, once it has read these parts.
  enum { before_data, in_data, behind_data, at_end } stage;
  /// The next IDAT chunk, and the number of data bytes in it and in the IDAT chunks after it.
  const uint8_t *image_chunk;
  size_t image_rest;
  /// The length and type that libpng sees before the image data.
  uint8_t image_header[8];
  png_structp png;
  png_infop info;
  /// libpng's output: a row, or the whole picture if it is interlaced.
  uint8_t *rows;
};

// MARK: Callbacks of libpng

/// The CRC of the single chunk of image data, which is not checked (see `decode`), and the chunk IEND.
static const uint8_t tail[4 + 12] = {0, 0, 0, 0, 0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xAE, 0x42, 0x60, 0x82};

static uint32_t big_endian(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/// Returns the bytes after `rest`: first the parts before the image data, then the data of all IDAT chunks as a single
/// chunk, then the end.
static struct cpng_part next_part(struct reading *reading) {
  const struct cpng_source *source = reading->source;
  if (reading->part_count < source->part_count) return source->parts[reading->part_count++];
  switch (reading->stage) {
    case before_data:
      reading->stage = in_data;
      reading->image_chunk = source->image_chunks;
      reading->image_rest = source->image_byte_count;
      for (int i = 0; i < 4; i++) reading->image_header[i] = (uint8_t)(source->image_byte_count >> (24 - 8 * i));
      memcpy(reading->image_header + 4, "IDAT", 4);
      return (struct cpng_part){reading->image_header, 8};
    case in_data: {
      const uint8_t *data = reading->image_chunk + 8;
      const size_t byte_count = big_endian(reading->image_chunk);
      reading->image_chunk = data + byte_count + 4;
      reading->image_rest -= byte_count;
      if (reading->image_rest == 0) reading->stage = behind_data;
      return (struct cpng_part){data, byte_count};
    }
    case behind_data: reading->stage = at_end; return (struct cpng_part){tail, sizeof tail};
    case at_end: png_error(reading->png, "the file ends early");
  }
  return (struct cpng_part){NULL, 0};
}

static void take_bytes(png_structp png, png_bytep target, size_t count) {
  struct reading *reading = png_get_io_ptr(png);
  while (count > 0) {
    if (reading->rest.byte_count == 0) {
      reading->rest = next_part(reading);
      continue;
    }
    const size_t taken = reading->rest.byte_count < count ? reading->rest.byte_count : count;
    memcpy(target, reading->rest.bytes, taken);
    target += taken;
    count -= taken;
    reading->rest.bytes += taken;
    reading->rest.byte_count -= taken;
  }
}

static void fail(png_structp png, png_const_charp text) {
  struct reading *reading = png_get_error_ptr(png);
  strncpy(reading->message, text, CPNG_MESSAGE_SIZE - 1);
  reading->message[CPNG_MESSAGE_SIZE - 1] = 0;
  png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

// MARK: The picture

/// Tells libpng how to convert this picture, and prepares the conversion of its output.
static void prepare(struct reading *reading, struct conversion *conversion) {
  png_structp png = reading->png;
  png_infop info = reading->info;
  if (png_get_color_type(png, info) == PNG_COLOR_TYPE_PALETTE) {
    png_set_packing(png);
    png_colorp colors = NULL;
    png_bytep alphas = NULL;
    int color_count = 0, alpha_count = 0;
    png_get_PLTE(png, info, &colors, &color_count);
    png_get_tRNS(png, info, &alphas, &alpha_count, NULL);
    uint8_t rgb[256 * 3];
    for (int i = 0; i < color_count; i++) {
      rgb[3 * i] = colors[i].red;
      rgb[3 * i + 1] = colors[i].green;
      rgb[3 * i + 2] = colors[i].blue;
    }
    convert_palette(conversion, rgb, color_count, alphas, alpha_count);
  } else {
    // Grey of 1, 2 or 4 bits becomes 8 bits. The transparent colour becomes alpha before 16 bits are reduced to 8.
    png_set_expand(png);
    png_set_scale_16(png);
  }
}

/// Reads the rows, one after another.
static void read_rows(struct reading *reading, struct conversion *conversion, uint8_t *pixels) {
  png_structp png = reading->png;
  const size_t width = reading->source->width, height = reading->source->height;
  const int pass_count = png_set_interlace_handling(png);
  png_read_update_info(png, reading->info);
  const size_t row_size = png_get_rowbytes(png, reading->info);
  if (conversion->palette_count == 0) conversion->from = png_get_channels(png, reading->info);
  if (row_size != width * (conversion->from > 0 ? conversion->from : 1)) png_error(png, "rows of an unexpected length");

  // Each pass of an interlaced picture has some of the pixels of a row, so all rows are kept. Their size is not just a
  // claim of the header: the scan before found enough compressed data for a picture of this size.
  const size_t kept_count = pass_count > 1 ? height : 1;
  reading->rows = calloc(kept_count, row_size);
  if (reading->rows == NULL) png_error(png, "not enough memory");
  for (int pass = 0; pass < pass_count; pass++) {
    for (size_t y = 0; y < height; y++) {
      uint8_t *row = reading->rows + (kept_count > 1 ? y * row_size : 0);
      png_read_row(png, row, NULL);
      if (pass < pass_count - 1) continue;
      uint8_t *target = pixels + y * width * conversion->to;
      if (conversion->from > 0) convert_pixels(conversion, row, target, width);
      else if (!look_up_pixels(conversion, row, target, width)) png_error(png, "a pixel's colour is not in the palette");
    }
  }
}

/// Decodes the picture. This is the only function that libpng jumps back to.
static bool decode(struct reading *reading, struct conversion *conversion, uint8_t *pixels) {
  const struct cpng_source *source = reading->source;
  reading->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reading, fail, ignore);
  reading->info = reading->png == NULL ? NULL : png_create_info_struct(reading->png);
  if (reading->info == NULL) {
    strncpy(reading->message, "not enough memory", CPNG_MESSAGE_SIZE);
    return false;
  }
  if (setjmp(png_jmpbuf(reading->png)) != 0) return false;
  png_set_read_fn(reading->png, reading, take_bytes);
  // Reject pictures that libpng would accept with a warning, such as those with too much data.
  png_set_benign_errors(reading->png, 0);
  // The scan before verified the CRCs of all chunks.
  png_set_crc_action(reading->png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
  png_set_user_limits(reading->png, source->width, source->height);
  // read_rows checks indices against the palette; libpng would do so only after the last row.
  png_set_check_for_invalid_index(reading->png, 0);
  png_read_info(reading->png, reading->info);
  if (png_get_image_width(reading->png, reading->info) != source->width
    || png_get_image_height(reading->png, reading->info) != source->height)
    png_error(reading->png, "the size is not the header's");
  prepare(reading, conversion);
  read_rows(reading, conversion, pixels);
  // This makes sure that the compressed data ended with the last row, that nothing follows them in their chunk, and
  // that their Adler-32 checksum is right.
  png_read_end(reading->png, NULL);
  return true;
}

bool cpng_read(
  const struct cpng_source *source, int channels, uint8_t *pixels, char message[CPNG_MESSAGE_SIZE]) {
  struct reading reading = {.source = source, .message = message};
  struct conversion conversion = {.to = channels};
  memcpy(conversion.background, source->background, 3);
  const bool is_done = decode(&reading, &conversion, pixels);
  png_destroy_read_struct(&reading.png, &reading.info, NULL);
  free(reading.rows);
  return is_done;
}
