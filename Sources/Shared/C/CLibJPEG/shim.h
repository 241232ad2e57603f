// libjpeg's header needs these two, but does not include them.
#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>
