// Reads tar archives from any source of bytes, without seeking and in constant memory.
#include "ctar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ctar_reader {
  struct archive *archive;
  void *context;
  ctar_source *source;
  bool is_open;
};

static la_ssize_t read_source(struct archive *archive, void *context, const void **bytes) {
  struct ctar_reader *reader = context;
  const ssize_t count = reader->source(reader->context, bytes);
  if (count < 0) archive_set_error(archive, EIO, "the archive cannot be read");
  return count;
}

struct ctar_reader *ctar_reader_create(void *context, ctar_source *source) {
  struct ctar_reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) return NULL;
  *reader = (struct ctar_reader){.archive = archive_read_new(), .context = context, .source = source};
  if (reader->archive == NULL) {
    free(reader);
    return NULL;
  }
  archive_read_support_format_tar(reader->archive);
  // Without libzstd, libarchive would run the command zstd. gzip is not decompressed here, because libarchive does not
  // verify its checksum.
  if (archive_libzstd_version() != NULL) archive_read_support_filter_zstd(reader->archive);
  // After the end, another archive may follow, as from `cat a.tar b.tar`. It must not be skipped silently.
  archive_read_set_format_option(reader->archive, "tar", "read_concatenated_archives", "1");
  // This option is on by default on macOS, and would merge pairs of members.
  archive_read_set_format_option(reader->archive, "tar", "mac-ext", NULL);
  return reader;
}

/// Returns the message of a warning, or NULL if the warning is harmless. The process does not set its locale, so
/// libarchive cannot convert the UTF-8 names in pax headers. It warns and leaves the bytes unchanged, as we want.
static const char *doubt(struct archive *archive) {
  const char *message = archive_error_string(archive);
  if (message == NULL) return "libarchive gives no reason for its warning";
  return strstr(message, "can't be converted") == NULL ? message : NULL;
}

static enum ctar_kind kind_of(struct archive_entry *entry) {
  if (archive_entry_hardlink(entry) != NULL) return ctar_kind_link;
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG: return ctar_kind_file;
    case AE_IFDIR: return ctar_kind_folder;
    case AE_IFLNK: return ctar_kind_link;
    default: return ctar_kind_other;
  }
}

enum ctar_step ctar_next(struct ctar_reader *reader, struct ctar_member *member) {
  struct archive *archive = reader->archive;
  int status = ARCHIVE_OK;
  if (!reader->is_open) {
    status = archive_read_open(archive, reader, NULL, read_source, NULL);
    reader->is_open = true;
  } else if (archive_file_count(archive) > 0) {
    status = archive_read_data_skip(archive);
  }
  if (status != ARCHIVE_OK) return ctar_step_failed;
  // An offset in the decompressed bytes.
  const int64_t start = archive_filter_bytes(archive, 0);
  struct archive_entry *entry;
  status = archive_read_next_header(archive, &entry);
  if (status == ARCHIVE_EOF) {
    return archive_filter_bytes(archive, 0) > start ? ctar_step_end : ctar_step_cut;
  }
  if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return ctar_step_failed;
  const char *name = archive_entry_pathname(entry);
  const char *target = archive_entry_hardlink(entry);
  if (target == NULL) target = archive_entry_symlink(entry);
  *member = (struct ctar_member){
    .name = name == NULL ? "" : name,
    .target = target,
    .byte_count = archive_entry_size(entry),
    .kind = kind_of(entry),
    .doubt = status == ARCHIVE_WARN ? doubt(archive) : NULL,
  };
  return ctar_step_member;
}

ssize_t ctar_read(struct ctar_reader *reader, void *target, size_t count) {
  return archive_read_data(reader->archive, target, count);
}

const char *ctar_message(struct ctar_reader *reader) {
  const char *message = archive_error_string(reader->archive);
  return message == NULL ? "libarchive gives no reason" : message;
}

void ctar_reader_destroy(struct ctar_reader *reader) {
  archive_read_free(reader->archive);
  free(reader);
}
