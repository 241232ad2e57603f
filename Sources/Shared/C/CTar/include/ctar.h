// Reading and writing tar archives by libarchive. Its constants are macros that Swift does not see, and the name of a member
// has to be had before the next one is asked for: so a member is a struct, and each of the functions here does one step.
#ifndef CTAR_H
#define CTAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// MARK: Reading

/// Gives the next bytes of an archive, which stay where they are until it is called again. Returns how many there are, 0 at
/// the end, and less than 0 where there are none because something failed.
typedef ssize_t ctar_source(void *context, const void **bytes);

/// An archive that is being read.
struct ctar_reader;

enum ctar_kind { ctar_kind_file, ctar_kind_folder, ctar_kind_link, ctar_kind_other };

struct ctar_member {
  /// Any bytes but NUL; empty where the archive has none. Valid until the next step.
  const char *name;
  /// Where a link leads to, else NULL.
  const char *target;
  /// How many bytes its content has.
  int64_t byte_count;
  enum ctar_kind kind;
  /// What is wrong with the header although it can be read, else NULL.
  const char *doubt;
};

enum ctar_step {
  ctar_step_member,
  /// All members were read; blocks of zeros said that there are no more.
  ctar_step_end,
  /// There are no more bytes where a member or the end was expected.
  ctar_step_cut,
  /// ctar_message says why.
  ctar_step_failed,
};

/// Makes a reader of tar archives of any sort (ustar, pax, GNU, v7), plain or compressed by zstd, several one after the other.
/// Returns NULL where there is no memory. Reads nothing yet.
struct ctar_reader *ctar_reader_create(void *context, ctar_source *source);

/// Goes to the next member, past what is left of the one before.
enum ctar_step ctar_next(struct ctar_reader *reader, struct ctar_member *member);

/// Reads from the member's content into `target`: a count of bytes, 0 at its end, or less than 0 where it failed.
ssize_t ctar_read(struct ctar_reader *reader, void *target, size_t count);

/// Why a step failed, in libarchive's words.
const char *ctar_message(struct ctar_reader *reader);

void ctar_reader_destroy(struct ctar_reader *reader);

// MARK: Writing

/// Takes all of the bytes, or returns false.
typedef bool ctar_sink(void *context, const void *bytes, size_t count);

/// An archive that is being written.
struct ctar_writer;

/// Makes a writer of ustar archives, with pax headers where a name needs them. Returns NULL where there is no memory.
struct ctar_writer *ctar_writer_create(void *context, ctar_sink *sink);

/// Writes a file that belongs to nobody and to no time. Returns false where the sink took something not, or there is no
/// memory.
bool ctar_write(struct ctar_writer *writer, const char *name, const void *bytes, size_t count);

/// Writes the end. As ctar_write.
bool ctar_finish(struct ctar_writer *writer);

/// Without ctar_finish, the archive has no end.
void ctar_writer_destroy(struct ctar_writer *writer);

#endif
