// Out of memory: prints a line and exits with a status.
//
// Swift's runtime calls malloc in a thousand places, and traps if it fails. So malloc is replaced, as the C library
// lets programs do, with a wrapper that checks its result. Nothing here allocates.
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "CSystem.h"

static atomic_bool is_watched;
static char command_name[64] = "fm-tools";
static int exit_status = 74;

void csystem_watch_memory(const char *command, int status) {
  strncpy(command_name, command, sizeof command_name - 1);
  exit_status = status;
  atomic_store(&is_watched, true);
}

/// Appends as much of `text` at `end` as fits, and returns the new end.
static char *append(char *end, const char *limit, const char *text) {
  while (*text && end < limit) *end++ = *text++;
  return end;
}

/// Appends a byte count for people: `812 bytes`, `34 KB`, `2071 MB`.
static char *append_size(char *end, const char *limit, size_t byte_count) {
  const char *unit = " bytes";
  if (byte_count >= 10000000) {
    byte_count /= 1000000;
    unit = " MB";
  } else if (byte_count >= 10000) {
    byte_count /= 1000;
    unit = " KB";
  }
  char digits[24];
  char *digit = digits + sizeof digits - 1;
  *digit = 0;
  do *--digit = (char)('0' + byte_count % 10);
  while (byte_count /= 10);
  return append(append(end, limit, digit), limit, unit);
}

void csystem_end_without_memory(size_t byte_count) {
  // Several threads may get here; only the first one prints.
  static atomic_flag is_ending = ATOMIC_FLAG_INIT;
  while (atomic_flag_test_and_set(&is_ending)) pause();
  csystem_remove_temporaries();
  csystem_say_last_words();
  char line[256];
  const char *limit = line + sizeof line - 1;
  char *end = append(line, limit, command_name);
  end = append(end, limit, ": not enough memory: cannot allocate another ");
  end = append_size(end, limit, byte_count);
  end = append(end, limit, " ('ulimit -v' and 'free' show how much is available)");
  *end++ = '\n';
  const char *rest = line;
  while (rest < end) {
    ssize_t count = write(2, rest, (size_t)(end - rest));
    if (count < 0 && errno != EINTR) break;
    if (count > 0) rest += count;
  }
  _exit(exit_status);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

// glibc's allocator, under the names that remain when malloc is replaced.
extern void *__libc_malloc(size_t byte_count);
extern void *__libc_calloc(size_t count, size_t byte_count);
extern void *__libc_realloc(void *memory, size_t byte_count);
extern void *__libc_memalign(size_t alignment, size_t byte_count);

static void *checked(void *memory, size_t byte_count) {
  if (!memory && byte_count && atomic_load_explicit(&is_watched, memory_order_relaxed))
    csystem_end_without_memory(byte_count);
  return memory;
}

void *malloc(size_t byte_count) { return checked(__libc_malloc(byte_count), byte_count); }

void *calloc(size_t count, size_t byte_count) {
  size_t product;
  if (__builtin_mul_overflow(count, byte_count, &product)) product = SIZE_MAX;
  return checked(__libc_calloc(count, byte_count), product);
}

void *realloc(void *memory, size_t byte_count) { return checked(__libc_realloc(memory, byte_count), byte_count); }

void *memalign(size_t alignment, size_t byte_count) {
  return checked(__libc_memalign(alignment, byte_count), byte_count);
}

void *aligned_alloc(size_t alignment, size_t byte_count) { return memalign(alignment, byte_count); }

int posix_memalign(void **memory, size_t alignment, size_t byte_count) {
  if (alignment % sizeof(void *) || alignment & (alignment - 1) || !alignment) return EINVAL;
  void *aligned = memalign(alignment, byte_count);
  if (!aligned) return ENOMEM;
  *memory = aligned;
  return 0;
}

#endif
