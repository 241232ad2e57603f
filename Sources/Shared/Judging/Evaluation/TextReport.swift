// The report as text for people, 80 columns wide.
import ByteIO

extension EvaluationReport {
  /// Returns the report as text. `color` is for terminals.
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
    if let words = figures.answeredWords { lines.append("  " + words) }
    if let words = figures.unansweredWords { lines.append("  " + words) }
    if let words = report.leftOut?.words { lines.append("  " + words) }
    if let words = figures.scores.unmergeableWords { lines.append("  " + words) }
    return lines + [""] + scores
  }

  /// The other figures, in three columns.
  private var scores: [String] {
    let shares: [[(String, String)]] = [2, 3, 5].filter { $0 <= figures.topShares.count }.map {
      [("Top \($0)", percent(figures.topShares[$0 - 1], 2) + " %")]
    }
    let columns =
      [shares.flatMap { $0 }.map { Score($0.0, $0.1) }, column(.agreement), column(.probabilities)].filter {
        !$0.isEmpty
      }
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
      let verdict = pairs.probability < 1 - confidence ? "significant" : "not significant"
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

extension Figures {
  /// `8,766 of 10,000 records answered, 87.66 %; 97.12 % of the answers right`; `nil` if not requested.
  package var answeredWords: String? {
    guard showsAnswered else { return nil }
    let share =
      "\(grouped(answered)) of \(grouped(records)) records answered, \(percent(answeredCoverage, 2)) %"
    return share + (answeredAccuracy.map { "; \(percent($0, 2)) % of the answers right" } ?? "")
  }

  /// `2 files gave no prediction, and are not among the records`; `nil` if all gave one.
  package var unansweredWords: String? {
    guard unanswered > 0 else { return nil }
    return unanswered == 1
      ? "1 file gave no prediction, and is not among the records"
      : "\(grouped(unanswered)) files gave no prediction, and are not among the records"
  }
}

extension LeftOut {
  /// `left out: 2 predictions without a true class, 1 true class without a prediction`; `nil` if nothing was left out.
  package var words: String? {
    let parts = [
      withoutTruth == 0
        ? nil : "\(grouped(withoutTruth)) prediction\(withoutTruth == 1 ? "" : "s") without a true class",
      notPredicted == 0
        ? nil : "\(grouped(notPredicted)) true class\(notPredicted == 1 ? "" : "es") without a prediction",
    ].compactMap { $0 }
    return parts.isEmpty ? nil : "left out: " + parts.joined(separator: ", ")
  }
}

extension Comparison {
  /// Returns the change from the baseline's accuracy to this one: `0.24 points better now`.
  package func change(to accuracy: Double) -> String {
    let points = (accuracy - self.accuracy) * 100
    return points == 0
      ? "the same accuracy"
      : "\(fixed(abs(points), decimals: 2)) points \(points > 0 ? "better" : "worse") now"
  }
}

extension Comparison.Pairs {
  /// `1 record not compared: only one of the two runs gave a prediction`.
  package var notComparedWords: String? {
    guard notCompared > 0 else { return nil }
    return
      "\(grouped(notCompared)) \(notCompared == 1 ? "record" : "records") not compared: only one of the two"
      + " runs gave a prediction"
  }
}

extension BootstrapIntervals {
  /// The interval of macro F1, for which there is no formula as for a share, and the method.
  fileprivate var words: String {
    ", macro F1 \(percent(macroF1.lower, 2)) to \(percent(macroF1.upper, 2)) %"
      + " (bootstrap)"
  }
}

extension GateResult {
  /// `accuracy 0.9231, wanted at least 0.9`.
  package var words: String {
    let name = displayed(gate.metric.description)
    func shown(_ value: Double) -> String {
      gateValue(value, limit: gate.limit, isRoundedToFloat: gate.metric.isOfProbabilities)
    }
    switch gate.kind {
    case .minimum: return "\(name) \(shown(value)), wanted at least \(plain(gate.limit))"
    case .maximum: return "\(name) \(shown(value)), wanted at most \(plain(gate.limit))"
    case .maximumDrop:
      let before = baseline ?? value
      let drop = gate.metric.isLoss ? value - before : before - value
      let words = drop > 0 ? "\(shown(drop)) worse than" : "no worse than"
      return "\(name) \(fixed(value, decimals: 4)), \(words) the baseline's \(fixed(before, decimals: 4)),"
        + " allowed \(plain(gate.limit))"
    }
  }
}
