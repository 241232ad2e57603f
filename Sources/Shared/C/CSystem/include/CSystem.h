// The few things that Swift cannot say: CPU features and handlers that run inside a signal.
#ifndef FM_TOOLS_CSYSTEM_H
#define FM_TOOLS_CSYSTEM_H

#include <stdbool.h>
#include <stddef.h>

/// Whether this CPU and operating system run AVX2 and FMA instructions.
bool csystem_has_avx2_fma(void);

/// Whether this CPU and operating system run the AVX-512 instructions of x86-64-v4 (F, BW, CD, DQ, VL).
bool csystem_has_avx512(void);

/// Whether this CPU and operating system run, besides those, the products of bfloat16 (AVX512_BF16).
bool csystem_has_avx512_bf16(void);

/// Whether this CPU and operating system have tile registers (AMX_TILE, AMX_BF16), and the kernel allows this process to use
/// them. It is asked for permission the first time.
bool csystem_has_amx_bf16(void);

/// The processors that this process may run on, at least 1; fewer than the machine has under taskset or in a container.
int csystem_processor_count(void);

/// Tells the CPU that this thread waits for another in a loop.
static inline void csystem_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Makes this thread's floating-point arithmetic take subnormal numbers (below 2⁻¹²⁶) for 0, and give 0 for them.
/// Returns the mode before, for `csystem_set_floating_point_mode`.
static inline unsigned long csystem_flush_subnormals(void) {
#if defined(__x86_64__)
  // MXCSR: bit 6, denormals are zeros; bit 15, flush to zero.
  unsigned mode = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(mode | 1u << 6 | 1u << 15);
  return mode;
#elif defined(__aarch64__)
  // FPCR: bit 24, flush to zero, both of operands and of results.
  unsigned long mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  __asm__ volatile("msr fpcr, %0" : : "r"(mode | 1ul << 24));
  return mode;
#else
  return 0;
#endif
}

/// Puts back the mode that `csystem_flush_subnormals` returned.
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
/// Returns the descriptor, or -1 with errno set (EMFILE: too many temporary files at once).
int csystem_create_temporary(const char *path, int *slot);

/// Ends the watch over a file that was renamed or removed.
void csystem_forget_temporary(int slot);

/// Removes every temporary file that is still watched over.
void csystem_remove_temporaries(void);

/// Installs the handlers of the signals that end the process, which remove temporary files and say last words.
void csystem_handle_ending_signals(void);

/// From now on, and until `csystem_dismiss_guard`, `output` gets `text` as its last words (at most 1,024 bytes) if the
/// process dies, by whatever signal. To be called once, before anything is written.
void csystem_guard_output(int output, const char *text);

/// Ends the watch over the output: all is written that is to be.
void csystem_dismiss_guard(void);

/// Writes the last words of the guarded output if there is room for them at once, else leaves that to the guardian; none
/// where nobody reads the output any more. For signal handlers.
void csystem_say_last_words(void);

/// From now on the first SIGINT, SIGTERM or SIGHUP is only noted, and interrupts a system call that waits. A second one
/// ends the process, as it always did.
void csystem_note_signals(void);

/// The signal that was noted, 0 as long as there was none.
int csystem_noted_signal(void);

/// From now on a write beyond the limit of file sizes fails with EFBIG; it does not end the process.
void csystem_ignore_file_size_limit(void);

/// From now on, memory that is not there ends the process: temporary files are removed, a line that begins with `command`
/// goes to standard error, and `status` is the exit status. (With glibc; elsewhere malloc returns NULL.)
void csystem_watch_memory(const char *command, int status);

/// Ends the process as `csystem_watch_memory` says, for want of `byte_count` bytes.
_Noreturn void csystem_end_without_memory(size_t byte_count);

/// From now on a write to a pipe that nobody reads fails with EPIPE; it does not end the process.
void csystem_ignore_broken_pipes(void);

#endif
