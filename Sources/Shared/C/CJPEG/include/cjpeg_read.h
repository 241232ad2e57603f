// Reading JPEG files by libjpeg-turbo. Its errors are jumps (setjmp, longjmp), which Swift cannot take part in: whatever is
// called for one picture is called within one C function.
#ifndef CJPEG_READ_H
#define CJPEG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  /// The bytes of a message with its NUL: libjpeg's JMSG_LENGTH_MAX.
  CJPEG_MESSAGE_SIZE = 200,
};

/// A JPEG file to be read, whose segments were found whole and in order before.
struct cjpeg_source {
  /// From marker SOI to marker EOI.
  const uint8_t *bytes;
  size_t byte_count;
  /// As the frame's header says.
  uint32_t width;
  uint32_t height;
  /// 1 for grey, 3 for colours.
  int component_count;
};

/// What there is to be said of a file that was read, or was not.
struct cjpeg_report {
  /// The bytes between the last pixel's and marker EOI, which nothing depends on if the data before them are not damaged.
  size_t leftover_byte_count;
  /// Where the file was not read: whether its image data are damaged. Else it is something that libjpeg does not read.
  bool is_damaged;
  /// Where the file was not read: why, in libjpeg's words.
  char message[CJPEG_MESSAGE_SIZE];
};

/// Decodes a picture to 8 bits a channel: by the exact integer transform, with chroma interpolated between its samples
/// ("fancy upsampling"), which are libjpeg-turbo's defaults.
///
/// pixels: [height, width, channels], row-major; 1 channel is grey, 3 are red, green, blue.
/// Returns false where the file gives no whole picture; `pixels` may then hold anything. libjpeg prints nothing itself, and
/// what it would warn of and go on is an end, too. Any thread may call it.
bool cjpeg_read(const struct cjpeg_source *source, int channels, uint8_t *pixels, struct cjpeg_report *report);

#endif
