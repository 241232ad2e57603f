// The few things that Swift cannot say: CPU features and handlers that run inside a signal.
#ifndef FM_TOOLS_CSYSTEM_H
#define FM_TOOLS_CSYSTEM_H

#include <stdbool.h>

/// Whether this CPU and operating system run AVX2 and FMA instructions.
bool csystem_has_avx2_fma(void);

/// Whether this CPU and operating system run the AVX-512 instructions of x86-64-v4 (F, BW, CD, DQ, VL).
bool csystem_has_avx512(void);

#endif
