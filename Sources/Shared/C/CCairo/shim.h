// Without pkg-config, which names the folder of these headers, they are below a standard include folder.
#if __has_include(<cairo.h>)
#include <cairo-svg.h>
#include <cairo.h>
#else
#include <cairo/cairo-svg.h>
#include <cairo/cairo.h>
#endif
