// The last line of a text that nobody finishes: whoever reads a pipe sees no difference between an end and a death.
//
// A handler writes it where it can do so without waiting. Else, and after SIGKILL, which runs no handler, a guardian does:
// a child that holds nothing but the output and one end of a pair of sockets, whose other end closes when the process dies.
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

// Where the guardian was killed, nobody is to be told; nor is that a reason to die.
#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0
#endif

// A write of up to PIPE_BUF bytes to a pipe that poll calls writable does not wait.
static char words[PIPE_BUF < 1024 ? PIPE_BUF : 1024];
static size_t word_count;
static int guarded_output;
static atomic_bool is_guarded;
// The socket whose closing the guardian notices; -1 without a guardian.
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
  // Few are open so early.
  for (unsigned descriptor = first; descriptor <= last && descriptor < 256; descriptor++) close((int)descriptor);
}

// Closes all descriptors but two: to keep standard input open would keep its writer from noticing that nobody reads.
static void close_all_but(int one, int other) {
  unsigned low = (unsigned)(one < other ? one : other), high = (unsigned)(one < other ? other : one);
  if (low > 0) close_range_of(0, low - 1);
  close_range_of(low + 1, high - 1);
  close_range_of(high + 1, ~0u);
}

// Only async-signal-safe calls: other threads may have held locks when the process was copied.
static void guard(int death) {
  static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGTSTP};
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
  // A signal to the process's group, SIGKILL among them, is not for the guardian.
  setsid();
#if defined(__linux__)
  // Nor is one to all processes of the command's name.
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

// Sends the guardian away without a word, and waits until it is gone. It holds the output: who reads that sees the end when
// both are gone. Nor is a zombie left where no init collects it.
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
  // A pipe whose reader has left is an error: nobody wants to know. SIGPIPE alone does not tell, since it may be another
  // pipe's, or a user's.
  if (!(output.revents & POLLERR)) {
    if (!(output.revents & POLLOUT)) return;
    write_words(guarded_output);
  }
  dismiss_guardian();
}
