// Checks that a JSON report is consistent: recomputes its figures from its counts, and compares them.
import JSON

extension StoredReport {
  /// Throws if a figure does not follow from the counts, or is impossible.
  func verify(_ report: JSONValue) throws(EvaluationError) {
    let settings = try intervalSettings(report)
    var figures = Figures(classNames: classNames, confusion: confusion, sums: sums, settings: settings)
    figures.unanswered = unanswered
    figures.showsAnswered = showsAnswered
    for member in figures.members where report[member.key] != nil {
      // If repeating the bootstrap would take too long, the recomputed interval is Wilson's, which differs.
      if member.key == "accuracy_interval", report["bootstrap"] != nil, settings.method == .wilson {
        continue
      }
      try compare(report[member.key] ?? .null, member.value, member.key)
    }
    try checkRanges(report)
    try checkGates(report)
    try checkComparison(report)
  }

  func problem(_ key: String, _ expected: String) -> EvaluationError {
    .contradiction(name: name, key: key, expected: expected)
  }

  /// Compares a value in the report with the computed one. The tolerance is for other versions, which may round sums
  /// differently.
  private func compare(_ found: JSONValue, _ computed: JSONValue, _ key: String) throws(EvaluationError) {
    switch (found, computed) {
    case (.object, .object(let members)):
      for member in members {
        guard let value = found[member.key] else { continue }
        try compare(value, member.value, "\(key).\(member.key)")
      }
    case (.array(let elements), .array(let others)):
      guard elements.count == others.count else {
        throw problem(key, "\(others.count) elements, found \(elements.count)")
      }
      for (index, (element, other)) in zip(elements, others).enumerated() {
        try compare(element, other, "\(key)[\(index)]")
      }
    case (.string(let text), .string(let other)):
      if !text.utf8.elementsEqual(other.utf8) { throw problem(key, "'\(other)', found '\(text)'") }
    case (.number, .number(let text)):
      guard let value = found.doubleValue, let other = computed.doubleValue,
        (value - other).magnitude <= 1e-9 * max(1, other.magnitude)
      else { throw problem(key, "\(text), which its counts give, found \(found.compactText())") }
    default: throw problem(key, "\(computed.compactText()), found \(found.compactText())")
    }
  }

  // MARK: Figures that do not follow from counts

  /// Checks the ranges of all metrics, whose sums the report may lack, and of bootstrap intervals.
  private func checkRanges(_ report: JSONValue) throws(EvaluationError) {
    for entry in MetricEntry.all {
      if let group = entry.group, let value = report[group] {
        guard case .object = value else { throw problem(group, "an object, found \(value.compactText())") }
      }
      guard let value = entry.json(in: report) else { continue }
      try checkRange(value, in: entry.properties.range, of: entry.key)
    }
    try checkIntervals(report)
    try checkScoreFigures(report)
    if let shares = report["top_k"] {
      guard case .object(let members) = shares else { throw problem("top_k", "an object") }
      var last = 0.0
      for member in members {
        guard let share = member.value.doubleValue, last - 1e-9...1 + 1e-9 ~= share else {
          throw problem("top_k.\(member.key)", "a share up to 1, no less than that of fewer classes")
        }
        last = share
      }
    }
    for key in ["without_truth", "not_predicted"] {
      guard let count = report["left_out"]?[key] else { continue }
      guard let count = count.integerValue, count >= 0 else { throw problem("left_out.\(key)", "a count") }
    }
  }

  func checkRange(_ value: JSONValue, of key: String) throws(EvaluationError) {
    guard let metric = Metric(key) else { return }
    try checkRange(value, in: metric.range, of: key)
  }

  /// Throws unless a value is a number in a range, apart from rounding. Messages name it `key`.
  func checkRange(
    _ value: JSONValue, in range: ClosedRange<Double>, of key: String
  ) throws(EvaluationError) {
    guard let number = value.doubleValue, number >= range.lowerBound - 1e-9, number <= range.upperBound + 1e-9
    else {
      let from = range.lowerBound.isFinite ? " from \(plain(range.lowerBound))" : ""
      let to = range.upperBound.isFinite ? " to \(plain(range.upperBound))" : ""
      throw problem(key, "a number\(from)\(to), found \(value.compactText())")
    }
  }

  /// Throws unless the values in gates are those of the report, and the verdicts follow from them.
  private func checkGates(_ report: JSONValue) throws(EvaluationError) {
    for (index, gate) in (report["gates"]?.arrayValue ?? []).enumerated() {
      let key = "gates[\(index)]"
      guard let name = gate["metric"]?.stringValue, let metric = Metric(name),
        let kind = gate["kind"]?.stringValue.flatMap(Gate.Kind.init), let limit = gate["limit"]?.doubleValue,
        let value = gate["value"]?.doubleValue, case .boolean(let isPassed)? = gate["passed"]
      else { throw problem(key, "a metric, a kind, a limit, a value, and whether it passed") }
      if let figure = metric.value(in: report), (figure - value).magnitude > 1e-9 * max(1, figure.magnitude) {
        throw problem("\(key).value", "\(figure), the report's \(name), found \(value)")
      }
      if let before = gate["baseline"] { try checkBefore(before, of: metric, "\(key).baseline", report) }
      let judged = Gate(kind, metric, limit: limit)
      guard let verdict = judged.verdict(value, before: gate["baseline"]?.doubleValue) else {
        throw problem("\(key).baseline", "the baseline's value")
      }
      if verdict != isPassed { throw problem("\(key).passed", "\(verdict), found \(isPassed)") }
    }
  }

  /// Throws unless a gate's value for the baseline is in the metric's range, and is the comparison's value.
  private func checkBefore(
    _ before: JSONValue, of metric: Metric, _ key: String, _ report: JSONValue
  ) throws(EvaluationError) {
    let range = metric.range
    guard let value = before.doubleValue, value >= range.lowerBound - 1e-9, value <= range.upperBound + 1e-9
    else { throw problem(key, "a value that \(metric.description) can have, found \(before.compactText())") }
    guard let said = report["baseline"]?[metric.description]?.doubleValue else { return }
    if (said - value).magnitude > 1e-9 * max(1, said.magnitude) {
      throw problem(key, "\(plain(said)), as in the comparison, found \(before.compactText())")
    }
  }
}
