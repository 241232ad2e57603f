#include "cmpi.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

static volatile sig_atomic_t child;
// The last signal that this process received and passed on to its child.
static volatile sig_atomic_t handed_on;

static void hand_on(int number) {
  int saved = errno;
  handed_on = number;
  if (child > 0) kill(child, number);
  errno = saved;
}

void cmpi_watch(const char *command, const char *remedy, int status) {
  int rank = cmpi_launched_rank();
  if (rank < 0) return;
  const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
  sigset_t all, before;
  sigemptyset(&all);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaddset(&all, signals[i]);
  // Signals stay pending until the child exists.
  sigprocmask(SIG_BLOCK, &all, &before);
  pid_t parent = getpid();
  pid_t made = fork();
  if (made <= 0) {
    // Without a child, the program runs unwatched.
#ifdef __linux__
    if (made == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(status);
    }
#endif
    sigprocmask(SIG_SETMASK, &before, NULL);
    return;
  }
  child = made;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = hand_on;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
  sigprocmask(SIG_SETMASK, &before, NULL);
  int ended = 0;
  while (waitpid(made, &ended, 0) < 0) {
    if (errno != EINTR) _exit(status);
  }
  if (WIFEXITED(ended)) _exit(WEXITSTATUS(ended));
  int number = WTERMSIG(ended);
  // The sender of a signal to this process needs no report, for example mpirun after another process has failed.
  if (number == handed_on) _exit(128 + number);
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  fprintf(stderr,
          "%s: process %d on %s was ended by signal %d (%s), and the run with it; %s\n",
          command, rank, host, number, strsignal(number), remedy);
  _exit(status);
}
