// The legend of a chart of runs: their colours and names.
import ByteIO

/// Runs grouped by name: runs whose names differ only after the last dash are a family and share a colour.
struct RunFamilies {
  /// The displayed names of the families, in the order of their first runs.
  let names: [String]
  /// The colour of each run.
  let colors: [Color]

  init(_ paths: [String]) {
    let families = paths.map(Self.family)
    var names: [String] = []
    for family in families where !names.contains(family) { names.append(family) }
    self.names = names.map { displayed($0) }
    colors = families.map { Self.color(names.firstIndex(of: $0)!) }
  }

  /// Returns the colour of a family. Beyond the palette, colours repeat, because nobody can distinguish more lines.
  static func color(_ index: Int) -> Color { Color.palette[index % Color.palette.count] }

  /// Returns the family of a file: `cnn` for `logs/cnn-2.jsonl` and `cnn.jsonl`. If the only dash is the first
  /// character, as in `-3.jsonl`, the name stays whole.
  private static func family(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
    guard let dash = stem.lastIndex(of: "-"), dash > stem.startIndex else {
      return stem.isEmpty ? file : stem
    }
    return String(stem[..<dash])
  }
}

/// A row of colours and names, wrapped to a width.
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

  /// Draws the legend. The baseline of its first line of text begins at `corner`.
  func draw(_ canvas: Canvas, at corner: Point) {
    for entry in entries {
      let (x, y) = (corner.x + entry.x, corner.y + Double(entry.row) * Self.rowHeight)
      canvas.line([Point(x, y - 4), Point(x + Self.sample, y - 4)], Stroke(color: entry.color, width: 2.5))
      canvas.text(entry.name, at: Point(x + Self.sample + 6, y), Self.font)
    }
  }
}
