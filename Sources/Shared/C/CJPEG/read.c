// Reads JPEG pictures with libjpeg-turbo, a row at a time. libjpeg's output is grey or RGB. CPixels converts colours to
// grey, as for PNG pictures; the file's own luma would differ by rounding.
//
// After damage, libjpeg continues: it fills the remaining pixels with grey and counts a warning. Here, a picture is
// rejected at the first warning. This bounds the work: a header cannot make libjpeg fill millions of pixels without
// data.
#include "cjpeg_read.h"

// libjpeg's header needs this, but does not include it.
#include <stdio.h>

#include <jpeglib.h>
#include <jerror.h>
#include <pixels.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#ifndef LIBJPEG_TURBO_VERSION
#error "fm-tools needs libjpeg-turbo: the IJG's libjpeg computes different values"
#endif

/// The most memory that libjpeg may allocate: the coefficients of a progressive picture of 64 megapixels, 2 bytes for
/// each of 3 channels, and a quarter more for its edges and everything else.
static const long memory_limit = 480l << 20;

/// The state of reading a picture, with everything that must be freed however reading ends.
struct reading {
  const struct cjpeg_source *source;
  struct cjpeg_report *report;
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  /// The target of libjpeg's error jumps.
  jmp_buf end;
  /// Whether the image data have not begun yet.
  bool is_in_header;
  /// A row of libjpeg's output, if it must be converted; otherwise NULL.
  uint8_t *row;
};

// MARK: Callbacks of libjpeg

static void fail(j_common_ptr jpeg) {
  struct reading *reading = jpeg->client_data;
  (*jpeg->err->format_message)(jpeg, reading->report->message);
  longjmp(reading->end, 1);
}

/// Handles a message that libjpeg would ignore. Levels from 0 on are not warnings: they trace the contents of a file.
static void warn(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  struct reading *reading = jpeg->client_data;
  switch (jpeg->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
      // Before the image data, the scan has already checked the bytes between segments.
      if (reading->is_in_header) return;
      if (jpeg->err->msg_parm.i[1] != JPEG_EOI) break;
      reading->report->leftover_byte_count += (size_t)jpeg->err->msg_parm.i[0];
      return;
    // Parameters that a sequential picture does not use, and that some cameras do not set; and the version of JFIF,
    // whose header affects no pixel.
    case JWRN_NOT_SEQUENTIAL:
    case JWRN_JFIF_MAJOR: return;
  }
  reading->report->is_damaged = true;
  fail(jpeg);
}

// MARK: The picture

static void read_rows(struct reading *reading, int channels, uint8_t *pixels) {
  j_decompress_ptr jpeg = &reading->jpeg;
  const size_t width = reading->source->width;
  const struct conversion conversion = {.from = reading->source->component_count, .to = channels};
  if (conversion.from != conversion.to) {
    reading->row = malloc(width * conversion.from);
    if (reading->row == NULL) ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
  }
  while (jpeg->output_scanline < jpeg->output_height) {
    uint8_t *target = pixels + jpeg->output_scanline * width * channels;
    JSAMPROW row = reading->row == NULL ? target : reading->row;
    // With data in memory, each call returns one row.
    jpeg_read_scanlines(jpeg, &row, 1);
    if (reading->row != NULL) convert_pixels(&conversion, row, target, width);
  }
}

/// Decodes the picture. This is the only function that libjpeg jumps back to.
static bool decode(struct reading *reading, int channels, uint8_t *pixels) {
  const struct cjpeg_source *source = reading->source;
  j_decompress_ptr jpeg = &reading->jpeg;
  jpeg->err = jpeg_std_error(&reading->errors);
  reading->errors.error_exit = fail;
  reading->errors.emit_message = warn;
  jpeg->client_data = reading;
  if (setjmp(reading->end) != 0) return false;
  jpeg_create_decompress(jpeg);
  jpeg->mem->max_memory_to_use = memory_limit;
  jpeg_mem_src(jpeg, source->bytes, source->byte_count);
  reading->is_in_header = true;
  jpeg_read_header(jpeg, TRUE);
  reading->is_in_header = false;
  // The size of `pixels` was computed by another reader of the header, so the two must agree.
  if (jpeg->image_width != source->width || jpeg->image_height != source->height
    || jpeg->num_components != source->component_count)
    ERREXIT(jpeg, JERR_SOF_DUPLICATE);
  jpeg->out_color_space = source->component_count == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg->dct_method = JDCT_ISLOW;
  jpeg->do_fancy_upsampling = TRUE;
  jpeg_start_decompress(jpeg);
  read_rows(reading, channels, pixels);
  // Reads up to the EOI marker.
  jpeg_finish_decompress(jpeg);
  return true;
}

bool cjpeg_read(const struct cjpeg_source *source, int channels, uint8_t *pixels, struct cjpeg_report *report) {
  struct reading reading = {.source = source, .report = report};
  memset(report, 0, sizeof *report);
  const bool is_done = decode(&reading, channels, pixels);
  jpeg_destroy_decompress(&reading.jpeg);
  free(reading.row);
  return is_done;
}
