// Reads JPEG files with libjpeg-turbo. It reports errors with longjmp, which must not cross Swift frames, so all calls
// for one picture are within one C function.
#ifndef CJPEG_READ_H
#define CJPEG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  /// The size of a message in bytes, with its NUL: libjpeg's JMSG_LENGTH_MAX.
  CJPEG_MESSAGE_SIZE = 200,
};

/// A JPEG file to read. A scan before has found its segments complete and in order.
struct cjpeg_source {
  /// The file, from marker SOI to marker EOI.
  const uint8_t *bytes;
  size_t byte_count;
  /// The size from the frame header.
  uint32_t width;
  uint32_t height;
  /// 1 for grey, 3 for colour.
  int component_count;
};

/// The findings about a file, whether it was read or not.
struct cjpeg_report {
  /// The number of bytes between those of the last pixel and marker EOI. Nothing depends on them if the data before
  /// them are intact.
  size_t leftover_byte_count;
  /// For a file that was not read: whether its image data are damaged. If not, libjpeg does not support the file.
  bool is_damaged;
  /// For a file that was not read: libjpeg's message.
  char message[CJPEG_MESSAGE_SIZE];
};

/// Decodes a picture to 8 bits per channel, with the exact integer transform and with chroma interpolated between its
/// samples ("fancy upsampling"). Both are libjpeg-turbo's defaults.
///
/// pixels: [height, width, channels], row-major; 1 channel is grey, 3 are red, green, blue. Returns false if the file
/// does not give a complete picture. Then `pixels` is undefined. libjpeg itself prints nothing. Damage about which it
/// would only warn is also a failure. Any thread may call it.
bool cjpeg_read(const struct cjpeg_source *source, int channels, uint8_t *pixels, struct cjpeg_report *report);

#endif
