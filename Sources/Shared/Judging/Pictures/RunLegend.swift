// Which colour is which run.
import ByteIO

/// Runs grouped by their names: those that differ only in what follows the last dash are a family, with one colour.
struct RunFamilies {
  /// As people see them, in the order of their first runs.
  let names: [String]
  /// Of each run.
  let colors: [Color]

  init(_ paths: [String]) {
    let families = paths.map(Self.family)
    var names: [String] = []
    for family in families where !names.contains(family) { names.append(family) }
    self.names = names.map { displayed($0) }
    colors = families.map { Self.color(names.firstIndex(of: $0)!) }
  }

  /// Beyond the palette colours come again: nobody tells more lines apart.
  static func color(_ index: Int) -> Color { Color.palette[index % Color.palette.count] }

  /// `cnn` of `logs/cnn-2.jsonl`, `cnn` of `cnn.jsonl`; a name that is but a number behind its dash stays whole.
  private static func family(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
    guard let dash = stem.lastIndex(of: "-"), dash > stem.startIndex else {
      return stem.isEmpty ? file : stem
    }
    return String(stem[..<dash])
  }
}

/// A line of colours and names, wrapped to a width.
struct RunLegend {
  private let entries: [(name: String, color: Color, x: Double, row: Int)]
  let height: Double

  private static let font = Font(12)
  private static let rowHeight = 20.0
  private static let sample = 22.0

  init(_ families: RunFamilies, width: Double) {
    let measure = TextMeasure()
    var entries: [(name: String, color: Color, x: Double, row: Int)] = []
    var (x, row) = (0.0, 0)
    for (index, name) in families.names.enumerated() {
      let short = measure.fitted(name, Self.font, width: min(260, width - Self.sample - 6))
      let entryWidth = Self.sample + 6 + measure.width(of: short, Self.font)
      if x > 0, x + entryWidth > width { (x, row) = (0, row + 1) }
      entries.append((short, RunFamilies.color(index), x, row))
      x += entryWidth + 24
    }
    self.entries = entries
    height = Double(row + 1) * Self.rowHeight
  }

  /// Draws the legend; `corner` is where the first line of text has its baseline.
  func draw(_ canvas: Canvas, at corner: Point) {
    for entry in entries {
      let (x, y) = (corner.x + entry.x, corner.y + Double(entry.row) * Self.rowHeight)
      canvas.line([Point(x, y - 4), Point(x + Self.sample, y - 4)], Stroke(color: entry.color, width: 2.5))
      canvas.text(entry.name, at: Point(x + Self.sample + 6, y), Self.font)
    }
  }
}
