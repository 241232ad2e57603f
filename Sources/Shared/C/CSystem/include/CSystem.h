// The few things that cannot be written in Swift: CPU features and signal handlers.
#ifndef FM_TOOLS_CSYSTEM_H
#define FM_TOOLS_CSYSTEM_H

#include <stdbool.h>
#include <stddef.h>

/// Whether this CPU and operating system run AVX2 and FMA instructions.
bool csystem_has_avx2_fma(void);

/// Whether this CPU and operating system run the AVX-512 instructions of x86-64-v4 (F, BW, CD, DQ, VL).
bool csystem_has_avx512(void);

/// Whether this CPU and operating system also run bfloat16 products (AVX512_BF16).
bool csystem_has_avx512_bf16(void);

/// Whether this CPU and operating system have tile registers (AMX_TILE, AMX_BF16), and the kernel allows this process to use
/// them. The first call asks the kernel for permission.
bool csystem_has_amx_bf16(void);

/// Returns the number of processors that this process may run on, at least 1. Under taskset or in a container it can be
/// less than the machine has.
int csystem_processor_count(void);

/// Tells the CPU that this thread is waiting for another one in a loop.
static inline void csystem_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Makes this thread's floating-point arithmetic treat subnormal operands (below 2⁻¹²⁶) as 0, and return 0 instead of
/// subnormal results. Returns the previous mode, for `csystem_set_floating_point_mode`.
static inline unsigned long csystem_flush_subnormals(void) {
#if defined(__x86_64__)
  // MXCSR: bit 6 is denormals are zeros, bit 15 is flush to zero.
  unsigned mode = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(mode | 1u << 6 | 1u << 15);
  return mode;
#elif defined(__aarch64__)
  // FPCR: bit 24 is flush to zero, for both operands and results.
  unsigned long mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  __asm__ volatile("msr fpcr, %0" : : "r"(mode | 1ul << 24));
  return mode;
#else
  return 0;
#endif
}

/// Restores the mode that `csystem_flush_subnormals` returned.
static inline void csystem_set_floating_point_mode(unsigned long mode) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr((unsigned)mode);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(mode));
#else
  (void)mode;
#endif
}

/// Creates the file `path` for writing, which must not exist, with mode 0666 less the umask. Until
/// `csystem_forget_temporary(*slot)`, a signal that ends the process removes the file first.
/// Returns the descriptor, or -1 with errno set (EMFILE: too many temporary files at the same time).
int csystem_create_temporary(const char *path, int *slot);

/// Stops watching a file that was renamed or removed.
void csystem_forget_temporary(int slot);

/// Removes every temporary file that is still being watched.
void csystem_remove_temporaries(void);

/// Installs handlers for the signals that end the process. They remove temporary files and write last words.
void csystem_handle_ending_signals(void);

/// From now on, until `csystem_dismiss_guard`, `text` (at most 1,024 bytes) is written to `output` as its last words if
/// the process dies, whatever the signal. Call this once, before anything is written.
void csystem_guard_output(int output, const char *text);

/// Stops guarding the output, after everything has been written.
void csystem_dismiss_guard(void);

/// Writes the last words to the guarded output if this does not block; otherwise leaves that to the guardian. Writes
/// nothing if the output's reader has left. For signal handlers.
void csystem_say_last_words(void);

/// From now on the first SIGINT, SIGTERM or SIGHUP is only noted, and interrupts a system call that is waiting. A
/// second one ends the process as usual.
void csystem_note_signals(void);

/// Returns the noted signal; 0 if there was none.
int csystem_noted_signal(void);

/// From now on a write beyond the file size limit fails with EFBIG instead of ending the process.
void csystem_ignore_file_size_limit(void);

/// From now on a failed memory allocation ends the process: temporary files are removed, a line that begins with
/// `command` is written to standard error, and `status` is the exit status. (Only with glibc; others return NULL.)
void csystem_watch_memory(const char *command, int status);

/// Ends the process as described at `csystem_watch_memory`, after an allocation of `byte_count` bytes failed.
_Noreturn void csystem_end_without_memory(size_t byte_count);

/// From now on a write to a pipe that nobody reads fails with EPIPE instead of ending the process.
void csystem_ignore_broken_pipes(void);

#endif
