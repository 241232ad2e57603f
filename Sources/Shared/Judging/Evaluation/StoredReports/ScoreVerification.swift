// Checks that figures of a JSON report that have no sums are possible.
import JSON

extension StoredReport {
  /// Throws if no records with these counts could have such areas, costs or coverage.
  func checkScoreFigures(_ report: JSONValue) throws(EvaluationError) {
    try checkAreas(report)
    try checkCosts(report)
    if let area = report["aurc"] { try checkRange(area, of: "aurc") }
    try checkCoverage(report)
  }

  /// Throws unless the means are those of the classes' areas, and every class with areas has some but not all records.
  private func checkAreas(_ report: JSONValue) throws(EvaluationError) {
    let classes = report["classes"]?.arrayValue ?? []
    for key in ["roc_auc", "average_precision"] {
      var (sum, count) = (CompensatedSum(), 0)
      for (index, ofClass) in classes.enumerated() {
        guard let area = ofClass[key] else { continue }
        guard let value = area.doubleValue, -1e-9...1 + 1e-9 ~= value else {
          throw problem("classes[\(index)].\(key)", "a number from 0 to 1, found \(area.compactText())")
        }
        guard 1..<confusion.total ~= confusion.support(index) else {
          throw problem("classes[\(index)].\(key)", "no area for a class that all records have, or none")
        }
        sum.add(value)
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

  private func checkCosts(_ report: JSONValue) throws(EvaluationError) {
    for key in ["answers", "decisions"] {
      guard let cost = report["cost"]?[key] else { continue }
      guard cost.doubleValue?.isFinite == true else {
        throw problem("cost.\(key)", "a number, found \(cost.compactText())")
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
