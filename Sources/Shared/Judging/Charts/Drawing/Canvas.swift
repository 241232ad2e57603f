// The few drawing operations that charts need, on top of Cairo.
import CCairo

struct Point: Equatable {
  var x: Double
  var y: Double

  init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

struct Rectangle: Equatable {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  init(_ x: Double, _ y: Double, _ width: Double, _ height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  var right: Double { x + width }
  var bottom: Double { y + height }
}

/// A size and a weight of the sans-serif font, which fontconfig chooses.
struct Font: Equatable {
  var size: Double
  var isBold = false

  init(_ size: Double, isBold: Bool = false) { (self.size, self.isBold) = (size, isBold) }
}

/// The part of a text that is placed at its point.
enum Anchor {
  case start
  case middle
  case end
}

/// The colour, width and dashes of a line.
struct Stroke {
  var color: Color
  var width = 1.0
  /// The lengths of dashes and gaps in turn; empty for a solid line.
  var dashes: [Double] = []
  var opacity = 1.0
}

/// A Cairo surface to draw on. Coordinates are in the chart's units, and y grows downwards.
final class Canvas {
  private let context: OpaquePointer?

  init(_ surface: OpaquePointer?) {
    context = cairo_create(surface)
    // Without hinting, letters keep their shapes and widths at every size. Hinting would align them with pixels, which
    // an SVG does not have.
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_set_font_options(context, options)
    cairo_font_options_destroy(options)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
  }

  deinit { cairo_destroy(context) }

  /// Throws the first error since the canvas was created. Cairo remembers it and draws nothing more.
  func finish() throws(ChartError) { try check(cairo_status(context)) }

  func scale(_ factor: Double) { cairo_scale(context, factor, factor) }

  /// Runs `body`, and clips what it draws to the rectangle.
  func clipped(to area: Rectangle, _ body: () -> Void) {
    cairo_save(context)
    cairo_rectangle(context, area.x, area.y, area.width, area.height)
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  // MARK: Shapes

  func fill(_ area: Rectangle, _ color: Color, opacity: Double = 1) {
    cairo_rectangle(context, area.x, area.y, area.width, area.height)
    setColor(color, opacity)
    cairo_fill(context)
  }

  func frame(_ area: Rectangle, _ stroke: Stroke) {
    cairo_rectangle(context, area.x, area.y, area.width, area.height)
    draw(stroke)
  }

  func line(_ points: [Point], _ stroke: Stroke) {
    for (index, point) in points.enumerated() {
      if index == 0 {
        cairo_move_to(context, point.x, point.y)
      } else {
        cairo_line_to(context, point.x, point.y)
      }
    }
    draw(stroke)
  }

  func disc(_ center: Point, radius: Double, _ color: Color) {
    cairo_new_sub_path(context)
    cairo_arc(context, center.x, center.y, radius, 0, 2 * .pi)
    setColor(color)
    cairo_fill(context)
  }

  private func draw(_ stroke: Stroke) {
    setColor(stroke.color, stroke.opacity)
    cairo_set_line_width(context, stroke.width)
    cairo_set_dash(context, stroke.dashes, Int32(stroke.dashes.count), 0)
    cairo_stroke(context)
  }

  private func setColor(_ color: Color, _ opacity: Double = 1) {
    cairo_set_source_rgba(context, color.red, color.green, color.blue, opacity)
  }

  // MARK: Text

  /// Draws a text with its baseline at `point`, rotated around that point by `angle` degrees counter-clockwise. A
  /// character that the font does not have is drawn as a box.
  func text(
    _ text: String, at point: Point, _ font: Font, _ color: Color = .ink, _ anchor: Anchor = .start,
    angle: Double = 0
  ) {
    setFont(font)
    setColor(color)
    cairo_save(context)
    cairo_translate(context, point.x, point.y)
    if angle != 0 { cairo_rotate(context, -angle * .pi / 180) }
    let shift =
      switch anchor {
      case .start: 0.0
      case .middle: -advance(of: text) / 2
      case .end: -advance(of: text)
      }
    cairo_move_to(context, shift, 0)
    cairo_show_text(context, drawable(text))
    cairo_restore(context)
  }

  /// Returns the width of a text.
  func width(of text: String, _ font: Font) -> Double {
    setFont(font)
    return advance(of: text)
  }

  private func setFont(_ font: Font) {
    cairo_select_font_face(
      context, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
      font.isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, font.size)
  }

  private func advance(of text: String) -> Double {
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, drawable(text), &extents)
    return extents.x_advance
  }

  /// Replaces Unicode's noncharacters (definition D14, such as U+FFFE) with U+FFFD. They are valid UTF-8, but Cairo
  /// treats them as an error and then draws nothing more.
  private func drawable(_ text: String) -> String {
    func isNoncharacter(_ scalar: Unicode.Scalar) -> Bool {
      0xFDD0...0xFDEF ~= scalar.value || scalar.value & 0xFFFE == 0xFFFE
    }
    guard text.unicodeScalars.contains(where: isNoncharacter) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(isNoncharacter(scalar) ? "\u{FFFD}" : scalar) }
    return String(result)
  }

  // MARK: Pixels

  /// Draws an image with its top left corner at `corner`, each pixel as a square of `scale` units.
  ///
  /// `rgb` is [height, width], 0xRRGGBB. The image is enlarged here, because programs enlarge the images in an SVG
  /// differently, and most of them blur.
  func image(_ rgb: [UInt32], width: Int, height: Int, at corner: Point, scale: Int) {
    precondition(rgb.count == width * height, "\(rgb.count) pixels for \(height) × \(width)")
    guard
      let surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, Int32(width * scale), Int32(height * scale)),
      let bytes = cairo_image_surface_get_data(surface)
    else { return }
    defer { cairo_surface_destroy(surface) }
    let stride = Int(cairo_image_surface_get_stride(surface))
    for row in 0..<height * scale {
      let line = UnsafeMutableRawPointer(bytes + row * stride).assumingMemoryBound(to: UInt32.self)
      for column in 0..<width * scale {
        line[column] = rgb[row / scale * width + column / scale]
      }
    }
    cairo_surface_mark_dirty(surface)
    cairo_set_source_surface(context, surface, corner.x, corner.y)
    cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST)
    cairo_paint(context)
  }
}
