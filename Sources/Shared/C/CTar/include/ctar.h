// Reads and writes tar archives with libarchive. These wrappers exist because its constants are macros, which Swift
// cannot see, and because a member's strings are valid only until the next step: a member is a struct, and each
// function does one step.
#ifndef CTAR_H
#define CTAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// MARK: Reading

/// Provides the next bytes of an archive, which remain valid until the next call. Returns the number of bytes, 0 at the
/// end, or a negative number if reading failed.
typedef ssize_t ctar_source(void *context, const void **bytes);

/// An archive that is being read.
struct ctar_reader;

enum ctar_kind { ctar_kind_file, ctar_kind_folder, ctar_kind_link, ctar_kind_other };

struct ctar_member {
  /// The member's name: any bytes except NUL, empty if the archive has none. Valid until the next step.
  const char *name;
  /// The target of a link; NULL for other members.
  const char *target;
  /// The size of the contents in bytes.
  int64_t byte_count;
  enum ctar_kind kind;
  /// The problem of a header that is readable but doubtful; NULL if there is none.
  const char *doubt;
};

enum ctar_step {
  ctar_step_member,
  /// All members were read, and blocks of zeros marked the end.
  ctar_step_end,
  /// The bytes ended where a member or the end of the archive was expected.
  ctar_step_cut,
  /// The step failed; ctar_message returns the reason.
  ctar_step_failed,
};

/// Creates a reader for tar archives of any dialect (ustar, pax, GNU, v7), uncompressed or compressed with zstd, and
/// for concatenated archives. Returns NULL if there is not enough memory. Reads nothing yet.
struct ctar_reader *ctar_reader_create(void *context, ctar_source *source);

/// Advances to the next member, and skips the unread contents of the current one.
enum ctar_step ctar_next(struct ctar_reader *reader, struct ctar_member *member);

/// Reads at most `count` bytes of the member's contents into `target`. Returns the number of bytes, 0 at the end, or a
/// negative number if reading failed.
ssize_t ctar_read(struct ctar_reader *reader, void *target, size_t count);

/// Returns libarchive's message for the failed step.
const char *ctar_message(struct ctar_reader *reader);

void ctar_reader_destroy(struct ctar_reader *reader);

// MARK: Writing

/// Writes all of the bytes and returns true, or returns false.
typedef bool ctar_sink(void *context, const void *bytes, size_t count);

/// An archive that is being written.
struct ctar_writer;

/// Creates a writer of ustar archives, with pax headers for names that need them. Returns NULL if there is not enough
/// memory.
struct ctar_writer *ctar_writer_create(void *context, ctar_sink *sink);

/// Writes a file without an owner and with modification time 0. Returns false if the sink failed, or if there is not
/// enough memory.
bool ctar_write(struct ctar_writer *writer, const char *name, const void *bytes, size_t count);

/// Writes the end of the archive. Returns false as ctar_write does.
bool ctar_finish(struct ctar_writer *writer);

/// Frees the writer. Without ctar_finish before, the archive has no end.
void ctar_writer_destroy(struct ctar_writer *writer);

#endif
