// Measures texts while there is no chart yet to draw them on.
import CCairo

/// Measures texts, and shortens them to fit.
final class TextMeasure {
  private let surface: OpaquePointer?
  private let canvas: Canvas

  init() {
    surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1)
    canvas = Canvas(surface)
  }

  deinit { cairo_surface_destroy(surface) }

  func width(of text: String, _ font: Font) -> Double { canvas.width(of: text, font) }

  /// Returns the width of the widest text; 0 if there are no texts.
  func width(ofWidest texts: [String], _ font: Font) -> Double {
    texts.reduce(0) { max($0, width(of: $1, font)) }
  }

  /// Returns the text, or as much of its beginning and its end as fits with an ellipsis between them.
  ///
  /// - Complexity: O(n + m log m), where n is the length of the text and m is the number of characters that can fit.
  func fitted(_ text: String, _ font: Font, width limit: Double) -> String {
    // A name may have megabytes, so no more characters are measured than fit if each is a tenth of the font's size
    // wide.
    let most = Int(limit / font.size * 10) + 1
    let (beginning, end) = (Array(text.prefix(most)), Array(text.suffix(most)))
    if beginning.count == text.count, width(of: text, font) <= limit { return text }
    func cut(_ count: Int) -> String {
      String(beginning.prefix(count - count / 2)) + "…" + String(end.suffix(count / 2))
    }
    // Bisection finds the largest number of characters that fits.
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

  /// Returns names that are shortened to fit and stay distinct: names that would become the same begin with a number.
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
