// Whether a JSON report agrees with itself: what its counts give is computed anew and held against what it says.
import JSON

extension StoredReport {
  /// Throws where a figure is not what the counts give, or cannot be.
  func verify(_ report: JSONValue) throws(EvaluationError) {
    let confidence = report["accuracy_interval"]?["confidence"]?.doubleValue ?? 0.95
    guard confidence > 0 && confidence < 1 else {
      throw problem("accuracy_interval.confidence", "a number between 0 and 1")
    }
    var figures = Figures(
      classNames: classNames, confusion: confusion, sums: sums, settings: .init(confidence: confidence))
    figures.unanswered = unanswered
    for member in figures.members where report[member.key] != nil {
      // By resampling, the interval is another one.
      if member.key == "accuracy_interval", report["bootstrap"] != nil { continue }
      try compare(report[member.key] ?? .null, member.value, member.key)
    }
    try checkRanges(report)
    try checkGates(report)
    try checkComparison(report)
  }

  private func problem(_ key: String, _ expected: String) -> EvaluationError {
    .contradiction(name: name, key: key, expected: expected)
  }

  /// Compares what is said with what is computed. Other versions may round sums otherwise.
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

  // MARK: What counts do not give

  /// Figures whose sums the report lacks, and intervals by resampling.
  private func checkRanges(_ report: JSONValue) throws(EvaluationError) {
    for key in ["log_loss", "brier", "ece", "kappa", "mcc"] {
      guard let value = report[key] else { continue }
      try checkRange(value, of: key)
    }
    if case .object(let members) = report {
      for member in members where member.key.hasSuffix("_interval") {
        try checkInterval(member.value, of: member.key)
      }
    }
    if let shares = report["top_k"] {
      guard case .object(let members) = shares else { throw problem("top_k", "an object") }
      var last = 0.0
      for member in members {
        guard let share = member.value.doubleValue, last - 1e-9...1 + 1e-9 ~= share else {
          throw problem("top_k.\(member.key)", "a share that is no less than that of fewer classes")
        }
        last = share
      }
    }
    for key in ["without_truth", "not_predicted"] {
      guard let count = report["left_out"]?[key] else { continue }
      guard let count = count.integerValue, count >= 0 else { throw problem("left_out.\(key)", "a count") }
    }
  }

  private func checkRange(_ value: JSONValue, of key: String) throws(EvaluationError) {
    guard let metric = Metric(key) else { return }
    let range = metric.range
    guard let number = value.doubleValue, number >= range.lowerBound - 1e-9, number <= range.upperBound + 1e-9
    else {
      throw problem(
        key,
        "a number \(range.upperBound.isInfinite ? "from 0" : "from \(plain(range.lowerBound)) to \(plain(range.upperBound))"), found \(value.compactText())"
      )
    }
  }

  private func checkInterval(_ value: JSONValue, of key: String) throws(EvaluationError) {
    for end in ["lower", "upper"] { try checkRange(value[end] ?? .null, of: "\(key).\(end)") }
    guard let lower = value["lower"]?.doubleValue, let upper = value["upper"]?.doubleValue, lower <= upper
    else { throw problem(key, "a lower end that is not above the upper one") }
  }

  /// A gate says of a figure what the report says of it, and passes where it should.
  private func checkGates(_ report: JSONValue) throws(EvaluationError) {
    for (index, gate) in (report["gates"]?.arrayValue ?? []).enumerated() {
      let key = "gates[\(index)]"
      guard let name = gate["metric"]?.stringValue, let metric = Metric(name),
        let kind = gate["kind"]?.stringValue.flatMap(Gate.Kind.init), let limit = gate["limit"]?.doubleValue,
        let value = gate["value"]?.doubleValue, case .boolean(let isPassed)? = gate["passed"]
      else { throw problem(key, "a metric, a kind, a limit, a value, and whether it passed") }
      if let figure = metric.value(in: report), (figure - value).magnitude > 1e-9 * max(1, figure.magnitude) {
        throw problem("\(key).value", "\(figure), which the report has as \(name), found \(value)")
      }
      let judged = Gate(kind, metric, limit: limit)
      guard let verdict = judged.verdict(value, before: gate["baseline"]?.doubleValue) else {
        throw problem("\(key).baseline", "the baseline's value")
      }
      if verdict != isPassed { throw problem("\(key).passed", "\(verdict), found \(isPassed)") }
    }
  }

  private func checkComparison(_ report: JSONValue) throws(EvaluationError) {
    guard let baseline = report["baseline"] else { return }
    if let accuracy = baseline["accuracy"] { try checkRange(accuracy, of: "accuracy") }
    for key in ["records", "fixed", "broken"] {
      guard let count = baseline[key] else { continue }
      guard let count = count.integerValue, count >= 0 else { throw problem("baseline.\(key)", "a count") }
    }
    if let fixed = baseline["fixed"]?.integerValue, let broken = baseline["broken"]?.integerValue,
      let accuracy = baseline["accuracy"]?.doubleValue
    {
      let total = confusion.total
      guard fixed <= confusion.correct, broken <= total - confusion.correct else {
        throw problem("baseline", "no more fixed and broken records than are right and wrong")
      }
      let before = ratio(confusion.correct - fixed + broken, total)
      guard (before - accuracy).magnitude <= 1e-9 else {
        throw problem("baseline.accuracy", "\(before), of the fixed and broken records, found \(accuracy)")
      }
    }
    if let probability = baseline["mcnemar_p"]?.doubleValue, !(0...1 ~= probability) {
      throw problem("baseline.mcnemar_p", "a probability")
    }
  }
}
