// The table of metrics agrees with the JSON report, with the names that gates take, and with the documentation.
import Foundation
import JSON
import MemoryStreams
import Predictions
import Testing

@testable import Evaluation

@Suite struct MetricTableTests {
  /// Every figure of a stored case that its predictions allow.
  private func report(_ stored: ScoreCase) throws -> EvaluationReport {
    var wanted = WantedFigures()
    (wanted.areas, wanted.coverage, wanted.accuracyToCover, wanted.answered) = (true, true, 0.5, true)
    let names = (0..<stored.reference.classCount).map(String.init)
    let rows = names.map { name in name + names.map { $0 == name ? "\t0" : "\t1" }.joined() + "\n" }
    let table = "truth\t" + names.joined(separator: "\t") + "\n" + rows.joined()
    wanted.costs = try CostTable(MemorySource(table))
    let settings = IntervalSettings(method: .bootstrap(Resampling(count: 20, seed: 1)))
    return try evaluate(MemorySource(stored.reference.text), settings: settings, wanted: wanted)
  }

  @Test(arguments: ScoreCase.all)
  func valuesAreThoseOfTheJSONReport(_ stored: ScoreCase) throws {
    let report = try report(stored)
    for entry in MetricEntry.all {
      let metric = try #require(Metric(entry.key), "\(entry.key)")
      #expect(entry.value(report.figures) == metric.value(in: report.json), "\(entry.key)")
      if let value = entry.value(report.figures) {
        #expect(entry.properties.range.contains(value), "\(entry.key)")
      }
    }
    let intervals = try #require(report.figures.bootstrap)
    for entry in MetricEntry.withInterval {
      let metric = try #require(Metric(entry.intervalKey + ".lower"))
      #expect(entry.interval?(intervals)?.lower == metric.value(in: report.json), "\(entry.key)")
    }
  }

  @Test func everyEntryHasAValueInSomeCase() throws {
    let reports = try ScoreCase.all.map(report)
    for entry in MetricEntry.all {
      #expect(reports.contains { entry.value($0.figures) != nil }, "\(entry.key)")
    }
  }

  @Test func keysAreDifferent() {
    #expect(Set(MetricEntry.all.map(\.key)).count == MetricEntry.all.count)
  }

  /// Reports list these keys, in this order.
  @Test func mergingLosesTheFiguresThatNeedEveryScore() {
    #expect(
      ScoreFigures.keys == ["roc_auc", "average_precision", "aurc", "coverage", "coverage_at", "cost"])
    var figures = ScoreFigures()
    #expect(figures.unmergeableWords == nil)
    figures.unmergeable = ["aurc", "coverage", "coverage_at", "cost"]
    #expect(figures.unmergeableWords == "not merged, because reports hold no scores: coverage, costs")
  }

  @Test(arguments: [
    ("kappa_interval.lower", "it needs bootstrap intervals, and a kappa that is defined"),
    ("mcc_interval.upper", "it needs bootstrap intervals"),
  ])
  func anIntervalHasItsReasonForAbsence(_ name: String, _ reason: String) {
    #expect(Metric(name)?.absence.words == reason && Metric(name)?.absence.need == .bootstrap)
  }

  @Test(arguments: [
    ("macro_f1", "macro.f1"), ("weighted-recall", "weighted.recall"), ("log-loss", "log_loss"),
    ("top5", "top_k.5"),
    ("roc_auc", "macro.roc_auc"), ("F1", "macro.f1"),
  ])
  func aMisspeltNameIsUnderstood(_ name: String, _ meant: String) {
    #expect(Metric(name) == nil)
    #expect(Metric.meant(by: name)?.description == meant)
  }

  /// The first columns of the page's rows: the name, the values and the better ones.
  private static var documentedRows: [String] {
    let others = [
      ("accuracy_interval.lower", "accuracy_interval.lower"),
      ("accuracy_interval.upper", "accuracy_interval.upper"),
      ("top_k.K", "top_k.1"), ("coverage.P.accuracy", "coverage.50.accuracy"),
    ]
    let rows = MetricEntry.all.map { row($0.key, $0.properties) }
    let otherRows = others.map { name, example in row(name, Metric(example)!.properties) }
    let rowsOfClass = MetricEntry.ofClass.map { row("classes.NAME.\($0.key)", $0.value) }
    return rows + otherRows + rowsOfClass
  }

  private static func row(_ name: String, _ properties: MetricProperties) -> String {
    let range = properties.range
    let values =
      switch properties.kind {
      case .count: "count"
      case .share: "share"
      case .score where range.upperBound.isFinite: "\(Int(range.lowerBound)) to \(Int(range.upperBound))"
      case .score: range.lowerBound.isFinite ? "\(Int(range.lowerBound)) or more" : "any number"
      }
    return "| `\(name)` | \(values) | \(properties.isLoss ? "lower" : "higher")"
  }

  /// A new metric is one entry in the table, and one row on the page. If that row is missing, this test prints it, with
  /// places for the meaning and the needs.
  @Test func theDocumentationListsEveryMetric() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../docs/evaluation.md")
    let rows = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
      .drop { !$0.hasPrefix("| name | values | better |") }.dropFirst(2).prefix { $0.hasPrefix("| ") }
      .map { $0.split(separator: " | ", maxSplits: 3).prefix(3).joined(separator: " | ") }
    let missing = Self.documentedRows.filter { !rows.contains($0) }.map { $0 + " | MEANING | NEEDS |" }
    #expect(
      rows == Self.documentedRows,
      "docs/evaluation.md lacks these rows, or has others: \(missing.joined(separator: "\n"))")
  }
}
