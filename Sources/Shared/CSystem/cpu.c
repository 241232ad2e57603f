#include "CSystem.h"

#if defined(__x86_64__)
bool csystem_has_avx2_fma(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool csystem_has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && csystem_has_avx2_fma();
}
#else
bool csystem_has_avx2_fma(void) { return false; }
bool csystem_has_avx512(void) { return false; }
#endif
