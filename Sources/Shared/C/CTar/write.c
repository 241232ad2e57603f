// Writes tar archives. The same files always give the same bytes, independent of the user and the time.
#include "ctar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

struct ctar_writer {
  struct archive *archive;
  struct archive_entry *entry;
  /// The locale in which libarchive converts names to the UTF-8 of pax headers. In the process's locale, which is C, it
  /// would write names that are not ASCII unchanged, with a keyword (hdrcharset) about which GNU tar warns.
  locale_t locale;
  void *context;
  ctar_sink *sink;
  /// Whether to drop all further output: when an unfinished archive is freed, libarchive would write an end.
  bool is_abandoned;
};

static la_ssize_t write_sink(struct archive *archive, void *context, const void *bytes, size_t count) {
  struct ctar_writer *writer = context;
  if (writer->is_abandoned) return (la_ssize_t)count;
  if (writer->sink(writer->context, bytes, count)) return (la_ssize_t)count;
  archive_set_error(archive, EIO, "the archive cannot be written");
  return -1;
}

struct ctar_writer *ctar_writer_create(void *context, ctar_sink *sink) {
  struct ctar_writer *writer = calloc(1, sizeof *writer);
  if (writer == NULL) return NULL;
  *writer = (struct ctar_writer){
    .archive = archive_write_new(),
    .entry = archive_entry_new(),
    .locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0),
    .context = context,
    .sink = sink,
  };
  if (writer->archive != NULL && writer->entry != NULL
    && archive_write_set_format_pax_restricted(writer->archive) == ARCHIVE_OK
    && archive_write_open(writer->archive, writer, NULL, write_sink, NULL) == ARCHIVE_OK)
    return writer;
  ctar_writer_destroy(writer);
  return NULL;
}

bool ctar_write(struct ctar_writer *writer, const char *name, const void *bytes, size_t count) {
  struct archive_entry *entry = writer->entry;
  archive_entry_clear(entry);
  archive_entry_set_pathname(entry, name);
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  archive_entry_set_size(entry, (la_int64_t)count);
  archive_entry_set_mtime(entry, 0, 0);
  const locale_t old = writer->locale == (locale_t)0 ? (locale_t)0 : uselocale(writer->locale);
  const int status = archive_write_header(writer->archive, entry);
  if (old != (locale_t)0) uselocale(old);
  // The only possible warning is about a name that is not UTF-8. The name is written unchanged.
  if (status < ARCHIVE_WARN) return false;
  return archive_write_data(writer->archive, bytes, count) == (la_ssize_t)count;
}

bool ctar_finish(struct ctar_writer *writer) { return archive_write_close(writer->archive) == ARCHIVE_OK; }

void ctar_writer_destroy(struct ctar_writer *writer) {
  writer->is_abandoned = true;
  archive_write_free(writer->archive);
  archive_entry_free(writer->entry);
  if (writer->locale != (locale_t)0) freelocale(writer->locale);
  free(writer);
}
