// The result of an evaluation.
import JSON

/// The result of an evaluation. The files in Reports write it in each format.
public struct EvaluationReport {
  public var figures: Figures
  public var comparison: Comparison?
  public var gates: [GateResult]
  /// The number of names that joining true classes left out; `nil` if none were joined.
  public var leftOut: LeftOut?
  /// Notes for the user on how the report was made.
  public var notes: [EvaluationNote] = []

  /// The gates that failed.
  public var failures: [GateResult] { gates.filter { !$0.isPassed } }

  /// The report as JSON, with members in a fixed order and numbers in full precision.
  ///
  /// - Complexity: O(c² + m log m) for c classes and m different confusions
  public var json: JSONValue {
    var members = figures.members
    if let leftOut {
      let counts: [JSONValue.Member] = [
        .init("without_truth", .integer(leftOut.withoutTruth)),
        .init("not_predicted", .integer(leftOut.notPredicted)),
      ]
      members.append(.init("left_out", .object(counts)))
    }
    if let comparison { members.append(.init("baseline", comparison.json)) }
    if !gates.isEmpty { members.append(.init("gates", .array(gates.map(\.json)))) }
    return .object(members)
  }
}

/// The formats of a report.
public enum ReportFormat: String, CaseIterable, Sendable { case text, json, markdown, csv, junit }

extension EvaluationReport {
  /// Returns the report in a format. `color` is for terminals, and only text has colours.
  ///
  /// - Complexity: O(c² + m log m) for c classes and m different confusions
  public func text(as format: ReportFormat, color: Bool = false) -> String {
    switch format {
    case .text: text(color: color)
    case .json: json.indentedText()
    case .markdown: markdown()
    case .csv: csv()
    case .junit: junit()
    }
  }
}

extension EvaluationReport {
  /// Compares figures with the baseline, and applies the gates.
  init(figures: Figures, pairs: PairedComparison?, gates: [Gate], baseline: Baseline?) throws(EvaluationError)
  {
    self.figures = figures
    if gates.contains(where: { $0.metric.properties.source == .answered }) {
      self.figures.showsAnswered = true
    }
    try baseline?.checkClasses(figures)
    comparison = baseline.flatMap { Comparison($0, pairs) }
    let report = JSONValue.object(self.figures.members)
    self.gates = []
    for gate in gates { self.gates.append(try gate.result(report, baseline: baseline)) }
  }
}
