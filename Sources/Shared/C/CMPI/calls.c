#include "cmpi.h"

#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

// MPI counts are int, so larger messages are sent in pieces of this many bytes.
static const size_t piece = (size_t)1 << 30;

static void check(int code, const char *what) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  fprintf(stderr, "fm-train-mpi: %s: %s\n", what, text);
  cmpi_abort(74);
}

int cmpi_launched_rank(void) {
  const char *names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *value = getenv(names[i]);
    if (value) return atoi(value);
  }
  return -1;
}

void cmpi_start(void) {
  int provided = 0;
  if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
    fprintf(stderr, "fm-train-mpi: cannot start MPI\n");
    exit(74);
  }
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  if (provided < MPI_THREAD_FUNNELED) {
    fprintf(stderr, "fm-train-mpi: this MPI library does not support programs with threads\n");
    cmpi_abort(70);
  }
}

int cmpi_rank(void) {
  int rank = 0;
  check(MPI_Comm_rank(MPI_COMM_WORLD, &rank), "cannot get the rank of this process");
  return rank;
}

int cmpi_count(void) {
  int count = 1;
  check(MPI_Comm_size(MPI_COMM_WORLD, &count), "cannot get the number of processes");
  return count;
}

void cmpi_send(const void *bytes, size_t count, int rank) {
  for (size_t start = 0; start < count; start += piece) {
    size_t length = count - start < piece ? count - start : piece;
    check(MPI_Send((const char *)bytes + start, (int)length, MPI_BYTE, rank, 0, MPI_COMM_WORLD), "cannot send");
  }
}

void cmpi_receive(void *bytes, size_t count, int rank) {
  for (size_t start = 0; start < count; start += piece) {
    size_t length = count - start < piece ? count - start : piece;
    check(MPI_Recv((char *)bytes + start, (int)length, MPI_BYTE, rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE),
          "cannot receive");
  }
}

void cmpi_broadcast(void *bytes, size_t count, int rank) {
  for (size_t start = 0; start < count; start += piece) {
    size_t length = count - start < piece ? count - start : piece;
    check(MPI_Bcast((char *)bytes + start, (int)length, MPI_BYTE, rank, MPI_COMM_WORLD),
          "cannot send to all processes");
  }
}

void cmpi_gather(void *all, const size_t *starts, const size_t *ends) {
  int count = cmpi_count();
  size_t last = 0;
  for (int rank = 0; rank < count; rank++) {
    if (ends[rank] > last) last = ends[rank];
  }
  if (last > INT_MAX) {
    for (int rank = 0; rank < count; rank++) {
      cmpi_broadcast((char *)all + starts[rank], ends[rank] - starts[rank], rank);
    }
    return;
  }
  int *lengths = malloc(2 * (size_t)count * sizeof *lengths);
  if (!lengths) {
    fprintf(stderr, "fm-train-mpi: out of memory\n");
    cmpi_abort(74);
  }
  int *places = lengths + count;
  for (int rank = 0; rank < count; rank++) {
    lengths[rank] = (int)(ends[rank] - starts[rank]);
    places[rank] = (int)starts[rank];
  }
  check(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, lengths, places, MPI_BYTE, MPI_COMM_WORLD),
        "cannot exchange data with all processes");
  free(lengths);
}

void cmpi_finish(void) { MPI_Finalize(); }

_Noreturn void cmpi_abort(int status) {
  fflush(NULL);
  MPI_Abort(MPI_COMM_WORLD, status);
  _Exit(status);
}
