// Checks that figures of a JSON report that have no sums are possible.
import JSON

extension StoredReport {
  /// Throws if no records with these counts could have such areas or coverage.
  func checkScoreFigures(_ report: JSONValue) throws(EvaluationError) {
    try checkAreas(report)
    try checkCoverage(report)
  }

  /// Throws unless the means are those of the classes' areas, and every class with areas has some but not all records.
  private func checkAreas(_ report: JSONValue) throws(EvaluationError) {
    let classes = report["classes"]?.arrayValue ?? []
    for (key, properties) in MetricEntry.ofClass where properties.source == .areas {
      var (sum, count) = (CompensatedSum(), 0)
      for (index, ofClass) in classes.enumerated() {
        guard let area = ofClass[key] else { continue }
        try checkRange(area, in: properties.range, of: "classes[\(index)].\(key)")
        guard 1..<confusion.total ~= confusion.support(index) else {
          throw problem("classes[\(index)].\(key)", "no area for a class that all records have, or none")
        }
        sum.add(area.doubleValue ?? 0)
        count += 1
      }
      guard let mean = report["macro"]?[key] else {
        if count > 0 { throw problem("macro.\(key)", "the mean of the classes' areas, found none") }
        continue
      }
      guard count > 0, let value = mean.doubleValue, (value - sum.value / Double(count)).magnitude <= 1e-9
      else { throw problem("macro.\(key)", "the mean of the classes' areas, found \(mean.compactText())") }
      guard report["areas"]?["macro_classes"]?.integerValue == count else {
        throw problem("areas.macro_classes", "\(count), the number of classes with areas")
      }
    }
  }

  private func checkCoverage(_ report: JSONValue) throws(EvaluationError) {
    let answered = confusion.total - confusion.abstained.reduce(0, +)
    let limit = ratio(answered, confusion.total) + 1e-9
    func check(_ point: JSONValue, _ key: String) throws(EvaluationError) {
      for (name, limit) in [("coverage", limit), ("accuracy", 1 + 1e-9)] {
        guard let value = point[name] else { continue }
        guard let share = value.doubleValue, -1e-9...limit ~= share else {
          throw problem("\(key).\(name)", "a share, found \(value.compactText())")
        }
      }
    }
    for share in CoverageFigures.shares {
      guard let point = report["coverage"]?["\(share)"] else { continue }
      try check(point, "coverage.\(share)")
      guard let coverage = point["coverage"]?.doubleValue, coverage >= Double(share) / 100 - 1e-9 else {
        throw problem("coverage.\(share).coverage", "at least \(share) %")
      }
    }
    if let accuracy = report["coverage"]?["100"]?["accuracy"]?.doubleValue,
      (accuracy - ratio(confusion.correct, answered)).magnitude > 1e-9
    {
      throw problem("coverage.100.accuracy", "the accuracy of all answers, found \(accuracy)")
    }
    if let point = report["coverage_at"] { try check(point, "coverage_at") }
  }
}
