// Tables of the figures that need every score, in text and in Markdown.
import ByteIO

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

  /// `the mean is over 9 of 10 classes; the others have no records, or all`; `nil` if it is over all.
  package var meanWords: String? {
    guard meanCount < classes.count else { return nil }
    return "the mean is over \(meanCount) of \(classes.count) classes; the others have no records, or all"
  }
}

extension CoverageFigures {
  /// A line of a table.
  fileprivate struct Row {
    let coverage: String
    let accuracy: String
    let threshold: String
  }

  fileprivate var rows: [Row] {
    points.compactMap { $0 }.map { point in
      Row(
        coverage: percent(point.coverage, 2) + " %", accuracy: percent(point.accuracy, 2) + " %",
        threshold: "\(point.threshold) or more")
    }
  }

  /// `99 % right: 87.31 % of the records, of probability 0.93 or more`; `nil` if not requested.
  package var reachedWords: String? {
    guard let wantedAccuracy else { return nil }
    let wanted = "\(plainPercent(wantedAccuracy)) right"
    guard let reached else { return "\(wanted): no threshold reaches that" }
    return "\(wanted): \(percent(reached.coverage, 2)) % of the records, of probability"
      + " \(reached.threshold) or more"
  }
}

extension ScoreFigures {
  /// `not merged, because reports hold no scores: areas, coverage`; `nil` if merging lost nothing.
  package var unmergeableWords: String? {
    guard !unmergeable.isEmpty else { return nil }
    let sections = [
      ("areas", ["roc_auc", "average_precision"]), ("coverage", ["aurc", "coverage", "coverage_at"]),
      ("costs", ["cost"]),
    ]
    let lost = sections.filter { $0.1.contains(where: unmergeable.contains) }.map(\.0)
    return "not merged, because reports hold no scores: \(lost.joined(separator: ", "))"
  }
}

/// Formats an area with four decimals. Only exactly 1 reads 1.
package func shownArea(_ area: Double) -> String {
  let text = fixed(area, decimals: 4)
  return area < 1 && text == "1.0000" ? "0.9999" : text
}

// MARK: - Markdown

extension EvaluationReport {
  var markdownAreas: [String] {
    guard let areas = figures.scores.areas else { return [] }
    func row(_ name: String, _ areas: AreaFigures.Areas?) -> String {
      let values = [areas?.roc, areas?.averagePrecision].map { $0.map(shownArea) ?? "" }
      return "| " + ([name] + values).joined(separator: " | ") + " |"
    }
    let rows = zip(figures.classes, areas.classes).map { row(markdownName($0), $1) }
    return ["| class against the rest | ROC area | average precision |", "| --- | ---: | ---: |"] + rows
      + [row("*macro mean*", areas.macro)] + (areas.meanWords.map { ["", $0] } ?? [])
  }

  var markdownCosts: [String] {
    let lines = figures.scores.cost?.lines ?? []
    return lines.isEmpty ? [] : ["Costs: \(lines.joined(separator: "; "))"]
  }

  var markdownCoverage: [String] {
    guard let coverage = figures.scores.coverage else { return [] }
    let rows = coverage.rows.map { "| \($0.coverage) | \($0.accuracy) | \($0.threshold) |" }
    let table =
      rows.isEmpty ? [] : ["| answered | right | probability |", "| ---: | ---: | --- |"] + rows + [""]
    let words = [
      coverage.area.map { "Area under the risk-coverage curve: \(fixed($0, decimals: 4))" },
      coverage.reachedWords,
    ].compactMap { $0 }
    return words.isEmpty ? table : table + [words.joined(separator: "; ")]
  }
}
