// Lines in a terminal, drawn with Braille characters of two by four dots.

/// A grid of dots. Curves set dots, and a character has the colour of the curve that last set one of its dots.
struct BrailleCanvas {
  let columns: Int
  let rows: Int
  /// The dots of each character, as bits: [rows, columns].
  private var dots: [UInt8]
  /// The curve that last set a dot of each character: [rows, columns].
  private var owners: [Int]

  init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    dots = Array(repeating: 0, count: columns * rows)
    owners = Array(repeating: 0, count: columns * rows)
  }

  /// The bit of each dot of a character, [4, 2], in Unicode's block Braille Patterns (U+2800).
  private static let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

  /// Draws a line through points with coordinates from 0 to 1, y upwards. A dotted line has every third dot. Dots
  /// outside the grid are left out.
  ///
  /// - Complexity: O(d) for a line d dots long, also outside the grid
  mutating func line(_ points: [(x: Double, y: Double)], owner: Int, isDotted: Bool) {
    let places = points.map { (x: $0.x * Double(2 * columns - 1), y: (1 - $0.y) * Double(4 * rows - 1)) }
    guard let first = places.first else { return }
    set(first.x, first.y, owner)
    var count = 0
    for (from, to) in zip(places, places.dropFirst()) {
      let steps = max(1, Int(max(abs(to.x - from.x), abs(to.y - from.y)).rounded(.up)))
      for step in 1...steps {
        count += 1
        if isDotted, count % 3 != 0 { continue }
        let share = Double(step) / Double(steps)
        set(from.x + share * (to.x - from.x), from.y + share * (to.y - from.y), owner)
      }
    }
  }

  private mutating func set(_ x: Double, _ y: Double, _ owner: Int) {
    let (column, row) = (Int(x.rounded()), Int(y.rounded()))
    guard 0..<2 * columns ~= column, 0..<4 * rows ~= row else { return }
    let index = row / 4 * columns + column / 2
    dots[index] |= Self.bits[row % 4][column % 2]
    owners[index] = owner
  }

  /// Returns a row of characters. `color` returns the escape sequence of a curve's colour, or `nil` for no colour.
  func text(row: Int, color: (Int) -> String?) -> String {
    var text = ""
    var current: String?
    for index in row * columns..<(row + 1) * columns {
      let wanted = dots[index] == 0 ? current : color(owners[index])
      if wanted != current {
        text += wanted ?? Self.noColor
        current = wanted
      }
      // The last byte of a pattern contains the bits of its dots. A space replaces the empty pattern, because it has
      // its usual width in every font.
      text += dots[index] == 0 ? " " : String(UnicodeScalar(UInt16(0x2800) + UInt16(dots[index]))!)
    }
    return current == nil ? text : text + Self.noColor
  }

  private static let noColor = "\u{1B}[0m"
}
