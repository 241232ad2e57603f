// The MPI functions that fm-train-mpi uses. They are wrapped because MPI's constants are macros that Swift cannot see,
// and because its counts end at 2³¹.
#pragma once

#include <stddef.h>

/// Returns the rank that mpirun or srun gave this process, even before MPI is started; -1 if neither started it.
int cmpi_launched_rank(void);

/// If mpirun or srun started this process, runs the rest of the program in a child process, and waits for it in this
/// one. If the child is killed, perhaps by the kernel's out-of-memory killer, this process reports it in one line,
/// which ends with `remedy`, and exits with `status`. Call this first, before there are threads. The child also
/// receives signals that end programs.
void cmpi_watch(const char *command, const char *remedy, int status);

/// Starts MPI for calls from one thread. Ends the process on failure.
void cmpi_start(void);
int cmpi_rank(void);
int cmpi_count(void);

/// Send, receive and broadcast bytes, as the MPI functions of these names do. On failure they end all processes.
void cmpi_send(const void *bytes, size_t count, int rank);
void cmpi_receive(void *bytes, size_t count, int rank);
void cmpi_broadcast(void *bytes, size_t count, int rank);
/// Fills in the parts of `all` that other processes have: the bytes `starts[rank]..<ends[rank]` from each.
void cmpi_gather(void *all, const size_t *starts, const size_t *ends);

/// Finalizes MPI, which all processes must do.
void cmpi_finish(void);
/// Ends all processes.
_Noreturn void cmpi_abort(int status);
