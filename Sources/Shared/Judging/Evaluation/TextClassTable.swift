// The classes' figures as a table with bars.

import ByteIO

/// A line for each class, or only for the worst if there are many.
struct TextClassTable {
  /// The most classes that are all shown. More do not fit on a screen.
  static let limit = 40
  static let shownOfMany = 20

  private let figures: Figures
  private let names: [String]
  private let style: TextStyle

  init(_ figures: Figures, names: [String], style: TextStyle) {
    (self.figures, self.names, self.style) = (figures, names, style)
  }

  var lines: [String] {
    let nameWidth = min(28, max(13, names.map(displayedWidth).max() ?? 0))
    let names = shortened(self.names, to: nameWidth)
    let rows = shownClasses.map { index in
      let figures = self.figures.classes[index]
      return Row(
        name: names[index], records: grouped(figures.support), precision: figures.precision,
        recall: figures.recall, f1: figures.f1, hasBar: true)
    }
    let means = [
      Row("macro mean", self.figures.macro), Row("weighted mean", self.figures.weighted),
    ]
    let all = rows + means
    let countWidth = max(7, all.map(\.records.count).max() ?? 0)
    let columns = ["precision", "recall", "F1"].map { padded($0, to: 11, .trailing) }
    let titles =
      padded("Class", to: nameWidth) + padded("records", to: countWidth + 2, .trailing) + columns.joined()
    func line(_ row: Row) -> String {
      var line = padded(row.name, to: nameWidth)
      line += padded(row.records, to: countWidth + 2, .trailing)
      for share in [row.precision, row.recall, row.f1] {
        line += padded(percent(share, 1) + " %", to: 11, .trailing)
      }
      let room = TextReport.width - displayedWidth(line) - 2
      return row.hasBar ? trimmedAtEnd(line + "  " + bar(row.f1, width: min(20, room))) : line
    }
    var lines = [style.bold(titles)] + rows.map(line)
    if rows.count < figures.classes.count {
      lines.append(style.dim("the \(rows.count) of \(figures.classes.count) classes with the lowest F1"))
    }
    return lines + means.map(line)
  }

  private struct Row {
    let name: String
    let records: String
    let precision: Double
    let recall: Double
    let f1: Double
    let hasBar: Bool

    init(name: String, records: String, precision: Double, recall: Double, f1: Double, hasBar: Bool) {
      (self.name, self.records, self.precision) = (name, records, precision)
      (self.recall, self.f1, self.hasBar) = (recall, f1, hasBar)
    }

    init(_ name: String, _ means: MeanFigures) {
      self.init(
        name: name, records: "", precision: means.precision, recall: means.recall, f1: means.f1,
        hasBar: false)
    }
  }

  private var shownClasses: [Int] {
    let all = Array(figures.classes.indices)
    guard all.count > Self.limit else { return all }
    // The sort is stable, so equals stay in the order of the classes. Classes that do not occur are no news.
    let occurring = all.filter { figures.classes[$0].support + figures.classes[$0].predicted > 0 }
    return Array(
      occurring.sorted { figures.classes[$0].f1 < figures.classes[$1].f1 }.prefix(Self.shownOfMany))
  }

  /// A bar, to an eighth of a column. A nonzero share shows at least an eighth.
  private func bar(_ share: Double, width: Int) -> String {
    guard width > 0, share > 0 else { return "" }
    let eighths = max(1, Int((min(1, share) * Double(width * 8)).rounded()))
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }
}
