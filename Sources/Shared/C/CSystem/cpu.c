#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // sched_getaffinity
#endif

#include "CSystem.h"

#include <sched.h>
#include <unistd.h>

#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#endif

#if defined(__x86_64__)
bool csystem_has_avx2_fma(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool csystem_has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && csystem_has_avx2_fma();
}

bool csystem_has_avx512_bf16(void) {
  return csystem_has_avx512() && __builtin_cpu_supports("avx512bf16");
}

#if defined(__linux__)
/// Requests permission to use the tile registers. They have 8 KiB, which the kernel saves for a thread only if its
/// process has asked for it (Linux 5.16, Documentation/arch/x86/xstate.rst).
static bool tiles_are_granted(void) {
  const int request_permission = 0x1023, tile_data = 18;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}
#else
static bool tiles_are_granted(void) { return false; }
#endif

bool csystem_has_amx_bf16(void) {
  // Two threads may get here at the same time: asking twice is harmless.
  static _Atomic int answer;  // 0: not asked yet, 1: yes, 2: no
  if (answer == 0) {
    bool has = csystem_has_avx512_bf16() && __builtin_cpu_supports("amx-tile") &&
               __builtin_cpu_supports("amx-bf16") && tiles_are_granted();
    answer = has ? 1 : 2;
  }
  return answer == 1;
}
#else
bool csystem_has_avx2_fma(void) { return false; }
bool csystem_has_avx512(void) { return false; }
bool csystem_has_avx512_bf16(void) { return false; }
bool csystem_has_amx_bf16(void) { return false; }
#endif

int csystem_processor_count(void) {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
#endif
  // There are more processors than fit into a cpu_set_t, or this is not Linux.
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}
