// Writes a PNG file, with all calls of libpng for an image within one C function.
#ifndef CPNG_WRITE_H
#define CPNG_WRITE_H

#include <stddef.h>

/// Encodes an image with 8 bits per channel as a PNG file in memory.
///
/// `pixels` are `height` rows of `width` pixels of `channels` bytes, 1 (grey) or 3 (RGB), without gaps. No time, gamma
/// or text is written, so the same pixels give the same bytes.
///
/// Returns 0, and the `*byte_count` bytes of the file in `*file`, which the caller frees. Returns -1 if there is not
/// enough memory, or if libpng rejects the image.
int cpng_write(const unsigned char *pixels, unsigned width, unsigned height, unsigned channels, unsigned char **file,
               size_t *byte_count);

#endif
