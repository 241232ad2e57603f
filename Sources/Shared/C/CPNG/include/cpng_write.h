// Writing a PNG file, in one C function for an image.
#ifndef CPNG_WRITE_H
#define CPNG_WRITE_H

#include <stddef.h>

/// Encodes an image, 8 bits a channel, as a PNG file in memory.
///
/// `pixels` are `height` rows of `width` pixels of `channels` bytes, 1 (grey) or 3 (RGB), without gaps. No time, no gamma
/// and no text is written: the same pixels are the same bytes.
///
/// Returns 0, and in `*file` the `*byte_count` bytes of the file, which the caller frees; or -1 where there is no memory
/// for it, or libpng takes no such image.
int cpng_write(const unsigned char *pixels, unsigned width, unsigned height, unsigned channels, unsigned char **file,
               size_t *byte_count);

#endif
