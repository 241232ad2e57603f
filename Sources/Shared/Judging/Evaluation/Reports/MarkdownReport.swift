// The report as Markdown for pull requests and wikis, in GitHub's dialect, which has tables.
import ByteIO

extension EvaluationReport {
  /// Returns the report as Markdown.
  ///
  /// - Complexity: O(c² + m log m) for c classes and m different confusions
  func markdown() -> String {
    let sections = [
      markdownHeadline, markdownGates, markdownComparison, markdownScores, markdownClasses, markdownAreas,
      markdownCoverage, markdownCosts, markdownConfusions, markdownConfusion,
    ]
    return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  private var markdownHeadline: [String] {
    let interval = figures.accuracyInterval
    let abstained = figures.abstained == 0 ? "" : ", \(grouped(figures.abstained)) without a class"
    return [
      "**Accuracy \(percent(figures.accuracy, 2)) %**: \(grouped(figures.correct)) of"
        + " \(grouped(figures.records)) right\(abstained), \(plainPercent(interval.confidence)) interval"
        + " \(percent(interval.lower, 2)) to \(percent(interval.upper, 2)) %"
        + remarks.map { "; \($0)" }.joined()
    ]
  }

  private var markdownGates: [String] {
    gates.map { "- \($0.isPassed ? "✅" : "❌") \(markdownEscaped($0.words))" }
  }

  private var markdownComparison: [String] {
    guard let comparison else { return [] }
    let change = (figures.accuracy - comparison.accuracy) * 100
    var line =
      "Baseline \(percent(comparison.accuracy, 2)) % (\(markdownEscaped(comparison.name))):"
      + " \(change < 0 ? "−" : "+")\(fixed(abs(change), decimals: 2)) points"
    if let pairs = comparison.pairs {
      line +=
        ", \(grouped(pairs.fixed)) fixed, \(grouped(pairs.broken)) broken,"
        + " McNemar's test p = \(shortProbability(pairs.probability))"
        + (pairs.notComparedWords.map { ", \($0)" } ?? "")
    }
    return [line]
  }

  private var markdownScores: [String] {
    var rows = figures.mainTopShares.map { ("Top \($0.rank)", percent($0.share, 2) + " %") }
    let entries = MetricEntry.summarised(in: .agreement) + MetricEntry.summarised(in: .probabilities)
    rows += entries.compactMap { entry in
      guard let title = entry.summary?.title, let shown = entry.shown(in: figures) else { return nil }
      return (title, shown)
    }
    rows += MetricEntry.withShownInterval.compactMap { entry in
      guard let title = entry.summary?.title, let interval = entry.bootstrapInterval(in: figures) else {
        return nil
      }
      return ("\(title), interval", entry.properties.shown(interval))
    }
    return ["| metric | value |", "| --- | ---: |"] + rows.map { "| \($0.0) | \($0.1) |" }
  }

  private var markdownClasses: [String] {
    func row(_ name: String, _ records: String, _ precision: Double, _ recall: Double, _ f1: Double) -> String
    {
      let shares = [precision, recall, f1].map { percent($0, 1) + " %" }
      return "| " + ([name, records] + shares).joined(separator: " | ") + " |"
    }
    return ["| class | records | precision | recall | F1 |", "| --- | ---: | ---: | ---: | ---: |"]
      + figures.classes.map { row(markdownName($0), grouped($0.support), $0.precision, $0.recall, $0.f1) }
      + [
        row("*macro mean*", "", figures.macro.precision, figures.macro.recall, figures.macro.f1),
        row("*weighted mean*", "", figures.weighted.precision, figures.weighted.recall, figures.weighted.f1),
      ]
  }

  private var markdownConfusions: [String] {
    let confusions = figures.confusions.prefix(10)
    guard !confusions.isEmpty else { return [] }
    // In a table, since a name that looks like a list item or a heading would be one at the beginning of a line.
    return ["| most often confused |", "| --- |"]
      + confusions.map { "| \($0.words { markdownEscaped(displayed($0)) }) |" }
  }

  /// The confusion matrix, collapsed if the viewer supports that; left out if it would be wider than any screen.
  private var markdownConfusion: [String] {
    let matrix = figures.confusion
    guard matrix.classCount <= 20 else { return [] }
    let names = figures.classes.map(markdownName)
    let hasAbstentions = figures.abstained > 0
    let titles = ["true \\ predicted"] + names + (hasAbstentions ? ["*none*"] : [])
    let rows = (0..<matrix.classCount).map { truth in
      var cells = [names[truth]]
      for predicted in 0..<matrix.classCount {
        let count = String(matrix[truth, predicted])
        cells.append(truth == predicted ? "**\(count)**" : count)
      }
      if hasAbstentions { cells.append(String(matrix.abstained[truth])) }
      return "| " + cells.joined(separator: " | ") + " |"
    }
    let rule = "| --- |" + String(repeating: " ---: |", count: titles.count - 1)
    return [
      "<details><summary>Confusion matrix</summary>", "", "| " + titles.joined(separator: " | ") + " |", rule,
    ]
      + rows + ["", "</details>"]
  }

  func markdownName(_ figures: ClassFigures) -> String { markdownEscaped(displayed(figures.name)) }
}

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

/// Escapes text so that nothing in it is Markdown or HTML. A backslash escapes any ASCII punctuation (CommonMark, 2.4).
func markdownEscaped(_ text: String) -> String {
  let special: Set<Character> = [
    "\\", "`", "*", "_", "{", "}", "[", "]", "<", ">", "#", "|", "~", "&", "!", "$", "@",
  ]
  return text.reduce(into: "") { escaped, character in
    if special.contains(character) { escaped.append("\\") }
    escaped.append(character)
  }
}
