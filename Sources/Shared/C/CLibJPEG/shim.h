// libjpeg's header uses what it does not include.
#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>
