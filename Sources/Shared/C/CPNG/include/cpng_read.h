// Reading PNG files: the usual ones at once, others by libpng. Its errors are jumps (setjmp, longjmp), which Swift cannot take
// part in: whatever is called for one picture is called within one C function.
#ifndef CPNG_READ_H
#define CPNG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  /// The bytes of a message with its NUL.
  CPNG_MESSAGE_SIZE = 160,
  /// The most parts that come before the image data: one for each of three chunks.
  CPNG_PART_LIMIT = 3,
};

/// Bytes of a file.
struct cpng_part {
  const uint8_t *bytes;
  size_t byte_count;
};

/// A PNG file to be read, whose chunks were found whole and in order before.
struct cpng_source {
  /// What libpng sees of the file before the image data: the signature, IHDR, PLTE and tRNS. All other chunks are left out.
  struct cpng_part parts[CPNG_PART_LIMIT];
  size_t part_count;
  /// The first of the IDAT chunks, which follow each other.
  const uint8_t *image_chunks;
  /// The bytes of their data, 1 or more, below 2^31. libpng sees one chunk: where a file cuts its data means nothing.
  size_t image_byte_count;
  /// As IHDR says.
  uint32_t width;
  uint32_t height;
  uint8_t bit_depth;
  uint8_t color_type;
  bool is_interlaced;
  /// The data of PLTE where pixels are indices, and of tRNS; of no bytes where there is no such chunk.
  struct cpng_part palette;
  struct cpng_part transparency;
  /// The bytes of all rows, each with the byte that names its filter: what the image data become when they are inflated.
  size_t filtered_byte_count;
  /// Red, green, blue: what is seen where a pixel is transparent.
  uint8_t background[3];
};

/// Decodes a picture to 8 bits a channel, by libpng.
///
/// pixels: [height, width, channels], row-major; 1 channel is grey, 3 are red, green, blue.
/// Returns false where the image data are no such picture, with the reason in `message`; libpng prints nothing itself.
/// Any thread may call it.
bool cpng_read(
  const struct cpng_source *source, int channels, uint8_t *pixels, char message[CPNG_MESSAGE_SIZE]);

/// The same, several times as fast, for pictures that are not interlaced and whose rows have at most 64 MiB.
///
/// Returns false where the picture is unusual or damaged, and leaves it to `cpng_read` to read it or to say what is wrong;
/// `pixels` may then hold anything. Besides them it needs memory for the rows, and where there are several chunks for their
/// data together.
bool cpng_read_whole(const struct cpng_source *source, int channels, uint8_t *pixels);

#endif
