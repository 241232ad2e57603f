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

  /// The text, or as much of its beginning and its end as fits with an ellipsis between them.
  func fitted(_ text: String, _ font: Font, width limit: Double) -> String {
    // Nothing that is wider than a letter's tenth fits with more, and a name may have megabytes.
    let most = Int(limit / font.size * 10) + 1
    let (beginning, end) = (Array(text.prefix(most)), Array(text.suffix(most)))
    if beginning.count == text.count, width(of: text, font) <= limit { return text }
    func cut(_ count: Int) -> String {
      String(beginning.prefix(count - count / 2)) + "…" + String(end.suffix(count / 2))
    }
    // As many characters as fit, by halving.
    var (fits, exceeds) = (0, beginning.count + 1)
    while exceeds - fits > 1 {
      let middle = (fits + exceeds) / 2
      if width(of: cut(middle), font) <= limit {
        fits = middle
      } else {
        exceeds = middle
      }
    }
    return cut(fits)
  }

  /// Different names as far as they fit, and still different: where the same would be left of two, they are numbered.
  func fitted(_ names: [String], _ font: Font, width limit: Double) -> [String] {
    let short = names.map { fitted($0, font, width: limit) }
    let counts = Dictionary(short.map { ($0, 1) }, uniquingKeysWith: +)
    return short.indices.map { index in
      guard counts[short[index], default: 1] > 1 else { return short[index] }
      let number = "\(index): "
      return number + fitted(names[index], font, width: max(limit / 2, limit - width(of: number, font)))
    }
  }
}
