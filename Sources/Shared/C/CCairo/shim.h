// Where there is no pkg-config to name the folder, it is below one that compilers know.
#if __has_include(<cairo.h>)
#include <cairo-svg.h>
#include <cairo.h>
#else
#include <cairo/cairo-svg.h>
#include <cairo/cairo.h>
#endif
