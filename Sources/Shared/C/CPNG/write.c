// Encodes an image as a PNG file in memory, with libpng's low-level interface. (The simplified one writes a gamma.)
#include "cpng_write.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

struct buffer {
  unsigned char *bytes;
  size_t count;
  size_t capacity;
};

static void append(png_structp png, png_bytep bytes, size_t count) {
  struct buffer *buffer = png_get_io_ptr(png);
  if (count > buffer->capacity - buffer->count) {
    size_t capacity = 2 * buffer->capacity + count;
    unsigned char *larger = realloc(buffer->bytes, capacity);
    if (!larger) png_error(png, "out of memory");
    buffer->bytes = larger;
    buffer->capacity = capacity;
  }
  memcpy(buffer->bytes + buffer->count, bytes, count);
  buffer->count += count;
}

static void flush_nothing(png_structp png) { (void)png; }

// Prints no message: on standard error, a failed command writes exactly one line.
static void fail(png_structp png, png_const_charp message) {
  (void)message;
  longjmp(png_jmpbuf(png), 1);
}

static void ignore_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

// The buffer belongs to the caller, because longjmp invalidates changed local variables of the function with setjmp.
static int encode(const unsigned char *pixels, unsigned width, unsigned height, unsigned channels,
                  struct buffer *buffer) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, fail, ignore_warning);
  if (!png) return -1;
  png_infop info = png_create_info_struct(png);
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return -1;
  }
  png_set_write_fn(png, buffer, append, flush_nothing);
  png_set_IHDR(png, info, width, height, 8, channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (unsigned row = 0; row < height; row++) {
    png_write_row(png, pixels + (size_t)row * width * channels);
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return 0;
}

int cpng_write(const unsigned char *pixels, unsigned width, unsigned height, unsigned channels, unsigned char **file,
               size_t *byte_count) {
  struct buffer buffer = {0};
  if (encode(pixels, width, height, channels, &buffer) != 0) {
    free(buffer.bytes);
    return -1;
  }
  *file = buffer.bytes;
  *byte_count = buffer.count;
  return 0;
}
