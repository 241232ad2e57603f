// Writes the last line of a text if the process dies: the reader of a pipe cannot tell a regular end from a death.
//
// The signal handler writes the line if it can do so without waiting. Otherwise, and after SIGKILL, which runs no
// handler, a guardian writes it: a child process that holds nothing but the output and one end of a pair of sockets.
// The other end closes when the process dies.
#include "CSystem.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

// If the guardian was killed, sending to it must not raise SIGPIPE.
#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0
#endif

// A write of up to PIPE_BUF bytes to a pipe that poll reports as writable does not block.
static char words[PIPE_BUF < 1024 ? PIPE_BUF : 1024];
static size_t word_count;
static int guarded_output;
static atomic_bool is_guarded;
// The guardian notices when this socket is closed; -1 without a guardian.
static atomic_int life_line = -1;
static pid_t guardian;

static void write_words(int output) {
  for (size_t done = 0; done < word_count;) {
    ssize_t count = write(output, words + done, word_count - done);
    if (count < 0 && errno != EINTR) return;
    if (count > 0) done += (size_t)count;
  }
}

static void close_range_of(unsigned first, unsigned last) {
  if (first > last) return;
#if defined(__linux__) && defined(SYS_close_range)
  if (syscall(SYS_close_range, first, last, 0) == 0) return;
#endif
  // So early in the process, few descriptors are open.
  for (unsigned descriptor = first; descriptor <= last && descriptor < 256; descriptor++) close((int)descriptor);
}

// Closes all descriptors but two. If the guardian kept standard input open, its writer would not notice a dead reader.
static void close_all_but(int one, int other) {
  unsigned low = (unsigned)(one < other ? one : other), high = (unsigned)(one < other ? other : one);
  if (low > 0) close_range_of(0, low - 1);
  close_range_of(low + 1, high - 1);
  close_range_of(high + 1, ~0u);
}

// The guardian's main function. It makes only async-signal-safe calls, because other threads may have held locks at the
// time of the fork.
static void guard(int death) {
  static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGTSTP};
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
  // Signals to the process group, including SIGKILL, must not reach the guardian.
  setsid();
#if defined(__linux__)
  // Nor must signals to all processes with the command's name, as from pkill.
  prctl(PR_SET_NAME, "fm-guardian");
#endif
  close_all_but(guarded_output, death);
  char farewell;
  ssize_t count;
  do count = read(death, &farewell, 1);
  while (count < 0 && errno == EINTR);
  if (count == 0) write_words(guarded_output);
  _exit(0);
}

void csystem_guard_output(int output, const char *text) {
  word_count = strlen(text) < sizeof words ? strlen(text) : sizeof words;
  memcpy(words, text, word_count);
  guarded_output = output;
  csystem_handle_ending_signals();
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) {
    guardian = fork();
    if (guardian == 0) {
      close(ends[1]);
      guard(ends[0]);
    }
    close(ends[0]);
    if (guardian < 0)
      close(ends[1]);
    else
      atomic_store(&life_line, ends[1]);
  }
  atomic_store(&is_guarded, true);
}

// Makes the guardian exit without writing, and waits for it. The guardian keeps the output open, so a reader sees the
// end only when both processes are gone. Waiting also leaves no zombie on systems where no init process reaps it.
static void dismiss_guardian(void) {
  int line = atomic_exchange(&life_line, -1);
  if (line < 0) return;
  while (send(line, "", 1, MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
  close(line);
  while (waitpid(guardian, NULL, 0) < 0 && errno == EINTR) {
  }
}

void csystem_dismiss_guard(void) {
  if (atomic_exchange(&is_guarded, false)) dismiss_guardian();
}

void csystem_say_last_words(void) {
  if (!atomic_exchange(&is_guarded, false)) return;
  struct pollfd output = {.fd = guarded_output, .events = POLLOUT};
  if (poll(&output, 1, 0) != 1) return;
  // POLLERR means that the reader of the pipe has left and needs no last words. SIGPIPE alone does not prove this: it
  // may come from another pipe, or from a user.
  if (!(output.revents & POLLERR)) {
    if (!(output.revents & POLLOUT)) return;
    write_words(guarded_output);
  }
  dismiss_guardian();
}
