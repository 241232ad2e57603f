// Reads PNG files: the usual ones in one piece, all others with libpng. libpng reports errors with longjmp, which must
// not cross Swift frames, so all calls for one picture are within one C function.
#ifndef CPNG_READ_H
#define CPNG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  /// The size of a message in bytes, with its NUL.
  CPNG_MESSAGE_SIZE = 160,
  /// The most parts before the image data: the signature with IHDR, PLTE and tRNS.
  CPNG_PART_LIMIT = 3,
};

/// Bytes of a file.
struct cpng_part {
  const uint8_t *bytes;
  size_t byte_count;
};

/// A PNG file to read. A scan before has found its chunks complete and in order.
struct cpng_source {
  /// The parts of the file that libpng sees before the image data: the signature, IHDR, PLTE and tRNS. All other chunks
  /// are left out.
  struct cpng_part parts[CPNG_PART_LIMIT];
  size_t part_count;
  /// The first of the consecutive IDAT chunks.
  const uint8_t *image_chunks;
  /// The number of bytes of their data, at least 1 and below 2^31. libpng sees a single chunk: the boundaries between
  /// chunks have no meaning.
  size_t image_byte_count;
  /// The values of IHDR.
  uint32_t width;
  uint32_t height;
  uint8_t bit_depth;
  uint8_t color_type;
  bool is_interlaced;
  /// The data of PLTE if pixels are indices, and the data of tRNS; empty if there is no such chunk.
  struct cpng_part palette;
  struct cpng_part transparency;
  /// The number of bytes in all rows, each with its filter byte: the size of the inflated image data.
  size_t filtered_byte_count;
  /// The background for transparent pixels: red, green, blue.
  uint8_t background[3];
};

/// Decodes a picture to 8 bits per channel with libpng.
///
/// pixels: [height, width, channels], row-major; 1 channel is grey, 3 are red, green, blue.
/// Returns false if the image data are not such a picture, with the reason in `message`. libpng itself prints nothing.
/// Any thread may call it.
bool cpng_read(
  const struct cpng_source *source, int channels, uint8_t *pixels, char message[CPNG_MESSAGE_SIZE]);

/// Decodes a picture like `cpng_read`, several times as fast, if it is not interlaced and its rows have at most 64 MiB
/// together.
///
/// Returns false if the picture is unusual or damaged. Then `pixels` is undefined, and `cpng_read` must read the
/// picture or report what is wrong. Besides `pixels` it needs memory for the rows, and, if there are several chunks,
/// for their concatenated data.
bool cpng_read_whole(const struct cpng_source *source, int channels, uint8_t *pixels);

#endif
