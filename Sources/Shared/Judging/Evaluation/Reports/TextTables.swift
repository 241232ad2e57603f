// The tables of the text report: the classes, the figures that need every score, and the confusion matrix.
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
      return row.hasBar ? trimmedAtEnd(line + "  " + shareBar(row.f1, width: min(20, room))) : line
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
}

/// The sections of the text report on areas, coverage and costs. Sections whose figures are not known are empty.
struct TextScoreTables {
  private let figures: Figures
  private let names: [String]
  private let style: TextStyle

  init(_ figures: Figures, names: [String], style: TextStyle) {
    (self.figures, self.names, self.style) = (figures, names, style)
  }

  /// A line for each class, or only for the worst if there are many, and the means.
  var areas: [String] {
    guard let areas = figures.scores.areas else { return [] }
    let nameWidth = min(28, max(16, names.map(displayedWidth).max() ?? 0))
    let names = shortened(self.names, to: nameWidth)
    func line(_ name: String, _ areas: AreaFigures.Areas?) -> String {
      padded(name, to: nameWidth)
        + [areas?.roc, areas?.averagePrecision].map {
          padded($0.map(shownArea) ?? "·", to: 19, .trailing)
        }.joined()
    }
    let titles =
      padded("Against the rest", to: nameWidth) + padded("ROC area", to: 19, .trailing)
      + padded("average precision", to: 19, .trailing)
    let shown = areas.shownClasses
    var lines = [style.bold(titles)] + shown.map { line(names[$0], areas.classes[$0]) }
    if shown.count < areas.classes.count {
      lines.append(
        style.dim(
          "the \(shown.count) of \(areas.classes.count) classes with the lowest average precision"))
    }
    lines.append(line("macro mean", areas.macro))
    if let words = areas.meanWords { lines.append(style.dim(words)) }
    return lines
  }

  /// A line for each share of the records, and for the requested accuracy.
  var coverage: [String] {
    guard let coverage = figures.scores.coverage else { return [] }
    let title = coverage.area.map { "risk over coverage: an area of \(fixed($0, decimals: 4))" }
    var lines = [style.bold("Coverage") + "   " + (title ?? "no record has an answer")]
    let rows = coverage.rows
    if !rows.isEmpty { lines.append("    answered     right   probability") }
    lines += rows.map { row in
      padded(row.coverage, to: 12, .trailing) + padded(row.accuracy, to: 10, .trailing)
        + "   \(row.threshold)"
    }
    if let words = coverage.reachedWords { lines.append("  " + words) }
    return lines
  }

  /// The mean costs.
  var costs: [String] {
    guard let lines = figures.scores.cost?.lines, !lines.isEmpty else { return [] }
    return [style.bold("Costs")] + lines.map { "  " + $0 }
  }
}

extension AreaFigures {
  /// All classes or, if there are many, those with the lowest average precision.
  fileprivate var shownClasses: [Int] {
    let all = Array(classes.indices)
    guard all.count > TextClassTable.limit else { return all }
    return lowest(TextClassTable.shownOfMany)
  }
}

/// A row for each true class, and a column for each predicted one. There are no lines if they would not fit, or if all
/// records are right.
struct TextConfusionMatrix {
  private let matrix: ConfusionMatrix
  private let names: [String]
  private let style: TextStyle

  init(_ matrix: ConfusionMatrix, names: [String], style: TextStyle) {
    (self.matrix, self.names, self.style) = (matrix, names, style)
  }

  var lines: [String] {
    guard matrix.total > matrix.correct else { return [] }
    let hasAbstentions = matrix.abstained.contains { $0 > 0 }
    let columnCount = matrix.classCount + (hasAbstentions ? 1 : 0)
    let nameWidth = min(16, max(8, names.map(displayedWidth).max() ?? 0))
    // Includes a blank before each cell. If cells are wider than 10, the eye loses the row.
    let cellWidth = min(10, (TextReport.width - nameWidth) / columnCount)
    let digits = (0..<matrix.classCount).map { String(matrix.support($0)).count }.max() ?? 0
    guard cellWidth >= max(4, digits + 1) else { return [] }
    var headings = shortHeadings(width: cellWidth - 1)
    if hasAbstentions { headings.append("none") }
    let title = style.bold("Confusion matrix") + "   rows: true classes, columns: predicted classes"
    let heading =
      String(repeating: " ", count: nameWidth)
      + headings.map { padded($0, to: cellWidth, .trailing) }.joined()
    let rowNames = shortened(names, to: nameWidth)
    return [title, heading]
      + (0..<matrix.classCount).map { truth in
        var line = padded(rowNames[truth], to: nameWidth)
        for predicted in 0..<matrix.classCount {
          let cell = padded(cell(matrix[truth, predicted]), to: cellWidth, .trailing)
          line += truth == predicted ? style.bold(cell) : cell
        }
        if hasAbstentions { line += padded(cell(matrix.abstained[truth]), to: cellWidth, .trailing) }
        return line
      }
  }

  /// Dots instead of zeros let the eye find the other counts.
  private func cell(_ count: Int) -> String { count == 0 ? "·" : String(count) }

  /// The beginnings of the names or, if these are not distinct, the numbers of the classes.
  private func shortHeadings(width: Int) -> [String] {
    let short = names.map { trimmedAtEnd(cut($0, to: width)) }
    return Set(short).count == short.count ? short : names.indices.map(String.init)
  }
}
