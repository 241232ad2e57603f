// Removes temporary files when a signal ends the process, and notes signals that ask it to stop.
//
// The handler accesses only lock-free atomics, and memory that no longer changes once such an atomic says so. It calls
// only functions on POSIX's list of async-signal-safe functions.
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

// The signals that end a healthy process. One that the parent ignores (nohup, a shell's background job) stays ignored.
static const int ending_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGXCPU, SIGXFSZ};

// Whether the signal is a request to stop. SIGHUP is one: closing a terminal is as much a request as a system shutdown.
static bool is_stop_request(int number) { return number == SIGHUP || number == SIGINT || number == SIGTERM; }

enum { ending_signal_count = sizeof ending_signals / sizeof *ending_signals };

// A slot goes free → taken (its path is being written, its file created) → watched → free.
enum { slot_free, slot_taken, slot_watched };
enum { slot_count = 16 };
static struct {
  atomic_int state;
  char path[PATH_MAX];
} slots[slot_count];

static atomic_bool notes_signals;
static atomic_int noted_signal;

void csystem_remove_temporaries(void) {
  for (int slot = 0; slot < slot_count; slot++) {
    // Another thread may have created a file and not marked it yet. That thread has the signals blocked, so it is never
    // the one that waits here.
    while (atomic_load(&slots[slot].state) == slot_taken) {
    }
    if (atomic_load(&slots[slot].state) == slot_watched) unlink(slots[slot].path);
  }
}

static void handle_signal(int number) {
  if (atomic_load(&notes_signals) && is_stop_request(number)) {
    int none = 0;
    if (atomic_compare_exchange_strong(&noted_signal, &none, number)) return;
  }
  int saved_errno = errno;
  csystem_remove_temporaries();
  csystem_say_last_words();
  // The signal is blocked inside its handler. Raised again, it takes its default action when the handler returns.
  signal(number, SIG_DFL);
  raise(number);
  errno = saved_errno;
}

void csystem_handle_ending_signals(void) {
  struct sigaction ours;
  memset(&ours, 0, sizeof ours);
  ours.sa_handler = handle_signal;
  sigemptyset(&ours.sa_mask);
  for (int i = 0; i < ending_signal_count; i++) {
    // A request to stop that is noted interrupts a system call that waits for the other end of a pipe.
    ours.sa_flags = atomic_load(&notes_signals) && is_stop_request(ending_signals[i]) ? 0 : SA_RESTART;
    struct sigaction old;
    if (sigaction(ending_signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
      sigaction(ending_signals[i], &ours, NULL);
  }
}

int csystem_create_temporary(const char *path, int *slot) {
  if (strlen(path) >= PATH_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  sigset_t ending, before;
  sigemptyset(&ending);
  for (int i = 0; i < ending_signal_count; i++) sigaddset(&ending, ending_signals[i]);
  pthread_sigmask(SIG_BLOCK, &ending, &before);

  int descriptor = -1, error = EMFILE;
  for (int i = 0; i < slot_count; i++) {
    int expected = slot_free;
    if (!atomic_compare_exchange_strong(&slots[i].state, &expected, slot_taken)) continue;
    csystem_handle_ending_signals();
    strcpy(slots[i].path, path);
    do descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    while (descriptor < 0 && errno == EINTR);
    error = errno;
    *slot = i;
    atomic_store(&slots[i].state, descriptor < 0 ? slot_free : slot_watched);
    break;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = error;
  return descriptor;
}

void csystem_forget_temporary(int slot) { atomic_store(&slots[slot].state, slot_free); }

void csystem_note_signals(void) {
  atomic_store(&notes_signals, true);
  csystem_handle_ending_signals();
}

int csystem_noted_signal(void) { return atomic_load(&noted_signal); }

void csystem_ignore_file_size_limit(void) { signal(SIGXFSZ, SIG_IGN); }

void csystem_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }
