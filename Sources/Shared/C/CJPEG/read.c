// Reads JPEG pictures by libjpeg-turbo, a row at a time. What libjpeg gives is grey or RGB; grey of colours is computed in
// CPixels, as that of PNG pictures is, and not taken from the file's luma, which differs by rounding.
//
// libjpeg goes on after damage: it fills the rest with grey and counts a warning. Here, such a picture is refused at its
// first warning, which also bounds the work: a header cannot make libjpeg fill millions of pixels that no data stand for.
#include "cjpeg_read.h"

// Its header uses what it does not include.
#include <stdio.h>

#include <jpeglib.h>
#include <jerror.h>
#include <pixels.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#ifndef LIBJPEG_TURBO_VERSION
#error "fm-tools needs libjpeg-turbo: the IJG's libjpeg computes other values, and has no room for pictures in memory"
#endif

/// What libjpeg may allocate: the coefficients of a progressive picture of 64 megapixels, 2 bytes for each of 3 channels, and
/// a quarter more for its edges and all else.
static const long memory_limit = 480l << 20;

/// A picture on its way, and all that has to be freed however the way ends.
struct reading {
  const struct cjpeg_source *source;
  struct cjpeg_report *report;
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  /// Where libjpeg's errors go.
  jmp_buf end;
  /// Whether the image data have not begun.
  bool is_in_header;
  /// What libjpeg gives, where that is not what is wanted.
  uint8_t *row;
};

// MARK: What libjpeg calls

static void fail(j_common_ptr jpeg) {
  struct reading *reading = jpeg->client_data;
  (*jpeg->err->format_message)(jpeg, reading->report->message);
  longjmp(reading->end, 1);
}

/// Takes what libjpeg would pass over. Levels from 0 on are no warnings: they tell what a file has.
static void warn(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  struct reading *reading = jpeg->client_data;
  switch (jpeg->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
      // Before the image data, the scan has seen what stands between two segments.
      if (reading->is_in_header) return;
      if (jpeg->err->msg_parm.i[1] != JPEG_EOI) break;
      reading->report->leftover_byte_count += (size_t)jpeg->err->msg_parm.i[0];
      return;
    // Numbers that a sequential picture has no use for, and that some cameras do not set; and a version of JFIF, whose
    // header matters to no pixel.
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
    // Where the data come from memory, it gives a row each time.
    jpeg_read_scanlines(jpeg, &row, 1);
    if (reading->row != NULL) convert_pixels(&conversion, row, target, width);
  }
}

/// The one function that libjpeg jumps back to.
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
  // What there is room for was decided by another reader of the header.
  if (jpeg->image_width != source->width || jpeg->image_height != source->height
    || jpeg->num_components != source->component_count)
    ERREXIT(jpeg, JERR_SOF_DUPLICATE);
  jpeg->out_color_space = source->component_count == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg->dct_method = JDCT_ISLOW;
  jpeg->do_fancy_upsampling = TRUE;
  jpeg_start_decompress(jpeg);
  read_rows(reading, channels, pixels);
  // Goes on to marker EOI.
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
