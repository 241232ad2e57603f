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

  @Test(arguments: [
    ("macro_f1", "macro.f1"), ("weighted-recall", "weighted.recall"), ("log-loss", "log_loss"),
    ("top5", "top_k.5"),
    ("roc_auc", "macro.roc_auc"), ("F1", "macro.f1"),
  ])
  func aMisspeltNameIsUnderstood(_ name: String, _ meant: String) {
    #expect(Metric(name) == nil)
    #expect(Metric.meant(by: name)?.description == meant)
  }

  /// The page lists names that share a beginning in one row: `macro.precision`, `.recall`, `.f1`.
  @Test func theDocumentationListsEveryMetric() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../docs/evaluation.md")
    let rows = try String(contentsOf: page, encoding: .utf8).split(separator: "\n").filter {
      $0.hasPrefix("| `")
    }
    let ofClass = MetricEntry.ofClass.map { "classes.NAME.\($0.key)" }
    let intervals = ["accuracy_interval.lower", "accuracy_interval.upper"]
    for key in MetricEntry.all.map(\.key) + ofClass + intervals {
      let parts = key.split(separator: ".")
      let (beginning, end) = (parts.dropLast().joined(separator: "."), parts.last!)
      #expect(
        rows.contains { row in
          row.contains("`\(key)`") || row.contains("`\(beginning).") && row.contains("`.\(end)`")
        }, "\(key)")
    }
  }
}
