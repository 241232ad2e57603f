// PNG by libpng. Its errors are jumps (setjmp, longjmp), which Swift cannot take part in: whatever is called for one
// picture is called within one C function.
#ifndef FM_TOOLS_CPNG_H
#define FM_TOOLS_CPNG_H

#include "cpng_write.h"

#endif
