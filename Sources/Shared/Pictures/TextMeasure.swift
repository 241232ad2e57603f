// How wide texts are, before there is a picture to draw them on.
import CCairo

/// Measures texts, and cuts them to what fits.
final class TextMeasure {
  private let surface: OpaquePointer?
  private let canvas: Canvas

  init() {
    surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1)
    canvas = Canvas(surface)
  }

  deinit { cairo_surface_destroy(surface) }

  func width(of text: String, _ font: Font) -> Double { canvas.width(of: text, font) }

  /// The width of the widest, 0 of none.
  func width(ofWidest texts: [String], _ font: Font) -> Double {
    texts.reduce(0) { max($0, width(of: $1, font)) }
  }

  /// The text, or as much of its beginning as fits with an ellipsis behind it.
  func fitted(_ text: String, _ font: Font, width limit: Double) -> String {
    // Nothing that is wider than a letter's tenth fits with more, and a name may have megabytes.
    let characters = Array(text.prefix(Int(limit / font.size * 10) + 1))
    if characters.count == text.count, width(of: text, font) <= limit { return text }
    // The longest beginning that fits, by halving.
    var (fits, exceeds) = (0, characters.count + 1)
    while exceeds - fits > 1 {
      let middle = (fits + exceeds) / 2
      if width(of: String(characters.prefix(middle)) + "…", font) <= limit {
        fits = middle
      } else {
        exceeds = middle
      }
    }
    return String(characters.prefix(fits)) + "…"
  }
}
