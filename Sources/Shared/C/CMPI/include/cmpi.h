// MPI as fm-train-mpi uses it. Its constants are macros that Swift cannot see, and its counts end at 2³¹.
#pragma once

#include <stddef.h>

/// The number of this process that mpirun or srun gave it, before MPI is started; -1 where neither started it.
int cmpi_launched_rank(void);

/// Runs the rest of the program in a child process, and waits for it in this one, where mpirun started it: so that a process
/// that is killed, by the kernel for its memory perhaps, is reported in one line and ends with `status`. Call it first of
/// all, while there are no threads. Signals that end programs are handed on to the child.
void cmpi_watch(const char *command, int status);

/// Starts MPI for calls from one thread. Ends the process where that fails.
void cmpi_start(void);
int cmpi_rank(void);
int cmpi_count(void);

/// Each ends all processes where it fails. The names are MPI's.
void cmpi_send(const void *bytes, size_t count, int rank);
void cmpi_receive(void *bytes, size_t count, int rank);
void cmpi_broadcast(void *bytes, size_t count, int rank);
/// Fills in what other processes have: the bytes `starts[rank]..<ends[rank]` of each.
void cmpi_gather(void *all, const size_t *starts, const size_t *ends);

/// Takes leave of the others, which do so too.
void cmpi_finish(void);
/// Ends all processes.
_Noreturn void cmpi_abort(int status);
