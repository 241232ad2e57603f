// The report as text for people, 80 columns wide.
import ByteIO

extension EvaluationReport {
  /// Returns the report as text. `color` is for terminals.
  ///
  /// - Complexity: O(c² + m log m) for c classes and m different confusions
  public func text(color: Bool = false) -> String {
    TextReport(self, style: TextStyle(hasColor: color)).text
  }
}

/// The sections of the text report, one after the other.
struct TextReport {
  static let width = 80

  private let report: EvaluationReport
  private let style: TextStyle
  private var figures: Figures { report.figures }
  /// The classes' names, escaped for display.
  private let names: [String]

  init(_ report: EvaluationReport, style: TextStyle) {
    self.report = report
    self.style = style
    names = report.figures.classes.map { displayed($0.name) }
  }

  /// All sections, separated by empty lines.
  var text: String {
    let table = TextClassTable(figures, names: names, style: style).lines
    let matrix = TextConfusionMatrix(figures.confusion, names: names, style: style).lines
    let scores = TextScoreTables(figures, names: names, style: style)
    let sections = [
      headline, table, scores.areas, scores.coverage, scores.costs, matrix,
      confusions(limit: matrix.isEmpty ? 12 : 5),
      comparison, gates,
    ]
    return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  // MARK: The headline

  private var headline: [String] {
    let interval = figures.accuracyInterval
    let right = "\(grouped(figures.correct)) of \(grouped(figures.records)) right"
    let range = "\(percent(interval.lower, 2)) to \(percent(interval.upper, 2)) %"
    var lines = [
      style.bold("Accuracy \(percent(figures.accuracy, 2)) %") + "   \(right)",
      "  \(plainPercent(interval.confidence)) interval \(range)" + (figures.bootstrap?.words ?? ""),
    ]
    if figures.abstained > 0 {
      lines.append("  \(grouped(figures.abstained)) without a class, less confident than requested")
    }
    return lines + report.remarks.map { "  " + $0 } + [""] + scores
  }

  /// The other figures, in three columns.
  private var scores: [String] {
    let shares = figures.mainTopShares.map { Score("Top \($0.rank)", percent($0.share, 2) + " %") }
    let columns = [shares, column(.agreement), column(.probabilities)].filter { !$0.isEmpty }
    return (0..<(columns.map(\.count).max() ?? 0)).map { row in
      trimmedAtEnd("  " + columns.map { cell($0, row) }.joined(separator: "      "))
    }
  }

  private func column(_ column: MetricEntry.Summary.Column) -> [Score] {
    MetricEntry.summarised(in: column).compactMap { entry in
      entry.summary.flatMap { Score($0.name, entry.shown(in: figures)) }
    }
  }

  private struct Score {
    let name: String
    let value: String
    init?(_ name: String, _ value: String?) {
      guard let value else { return nil }
      (self.name, self.value) = (name, value)
    }
    init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
  }

  private func cell(_ column: [Score], _ row: Int) -> String {
    let nameWidth = column.map(\.name.count).max() ?? 0
    let valueWidth = column.map(\.value.count).max() ?? 0
    guard row < column.count else { return String(repeating: " ", count: nameWidth + valueWidth + 2) }
    return padded(column[row].name, to: nameWidth) + "  "
      + padded(column[row].value, to: valueWidth, .trailing)
  }

  // MARK: Confusions

  private func confusions(limit: Int) -> [String] {
    let confusions = figures.confusions.prefix(limit)
    guard !confusions.isEmpty else { return [] }
    // If a name fills a whole line, nobody reads the rest of it.
    let lines = confusions.map { "  " + $0.words { shortened(displayed($0), to: Self.width) } }
    return [style.bold("Most often confused")] + lines
  }

  // MARK: The baseline

  private var comparison: [String] {
    guard let comparison = report.comparison else { return [] }
    let change = comparison.change(to: figures.accuracy)
    var lines = [
      style.bold("Baseline \(percent(comparison.accuracy, 2)) %") + "   \(comparison.name): \(change)"
    ]
    if let pairs = comparison.pairs {
      let confidence = figures.accuracyInterval.confidence
      let verdict = pairs.isSignificant(at: confidence) ? "significant" : "not significant"
      lines.append("  \(grouped(pairs.fixed)) fixed, \(grouped(pairs.broken)) broken")
      if let words = pairs.notComparedWords { lines.append("  " + words) }
      lines.append(
        "  McNemar's test: p = \(shortProbability(pairs.probability)), \(verdict) at \(plainPercent(confidence))"
      )
    }
    return lines
  }

  // MARK: Gates

  private var gates: [String] {
    guard !report.gates.isEmpty else { return [] }
    let failed = report.failures.count
    let summary = failed == 0 ? "all passed" : "\(failed) of \(report.gates.count) failed"
    return [style.bold("Gates") + "   " + summary]
      + report.gates.map { result in
        "  " + (result.isPassed ? style.good("✓") : style.bad("✗")) + " " + result.words
      }
  }
}

extension BootstrapIntervals {
  /// The intervals that the table of metrics wants shown, and the method. They have no formula as the accuracy's has:
  /// `, macro F1 93.10 to 95.25 % (bootstrap)`.
  fileprivate var words: String {
    let intervals = MetricEntry.withShownInterval.compactMap { entry in
      entry.interval?(self).map { ", \(entry.summary?.name ?? entry.key) \(entry.properties.shown($0))" }
    }
    return intervals.joined() + " (bootstrap)"
  }
}

/// Marks important text for terminals with colours (ECMA-48, select graphic rendition), and otherwise not at all.
struct TextStyle {
  let hasColor: Bool

  func bold(_ text: String) -> String { styled(text, "1") }
  func dim(_ text: String) -> String { styled(text, "2") }
  func good(_ text: String) -> String { styled(text, "32") }
  func bad(_ text: String) -> String { styled(text, "31") }

  private func styled(_ text: String, _ code: String) -> String {
    hasColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
