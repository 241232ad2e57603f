// Checks whether a JSON report's comparison with its baseline is possible.
import JSON

extension StoredReport {
  /// McNemar's test is recomputed if the two differ on at most this many records. That takes well under a second.
  private static let testLimit = 1_000_000

  /// Throws if the comparison with a baseline contradicts itself or the report's counts.
  func checkComparison(_ report: JSONValue) throws(EvaluationError) {
    guard let baseline = report["baseline"] else { return }
    guard let records = baseline["records"]?.integerValue, 1...Self.recordLimit ~= records else {
      throw problem("baseline.records", "a number of records from 1")
    }
    guard let found = baseline["accuracy"] else { throw problem("baseline.accuracy", "a number from 0 to 1") }
    try checkRange(found, of: "accuracy")
    let accuracy = found.doubleValue ?? 0
    let correct = (accuracy * Double(records)).rounded()
    // A share in Double is no more precise than this.
    guard (correct - accuracy * Double(records)).magnitude <= 1e-9 * max(1, Double(records)) else {
      throw problem("baseline.accuracy", "a share of \(records) records, found \(found.compactText())")
    }
    let pairs = ["fixed", "broken", "mcnemar_p"]
    guard (pairs + ["not_compared"]).contains(where: { baseline[$0] != nil }) else { return }
    for key in pairs where baseline[key] == nil { throw problem("baseline.\(key)", "a number, found none") }
    try checkPairs(baseline, records: records, accuracy: accuracy)
  }

  private func checkPairs(
    _ baseline: JSONValue, records: Int, accuracy: Double
  ) throws(EvaluationError) {
    func count(_ key: String) throws(EvaluationError) -> Int {
      guard let count = baseline[key]?.integerValue, 0...Self.recordLimit ~= count else {
        throw problem("baseline.\(key)", "a count")
      }
      return count
    }
    let (fixed, broken, total) = (try count("fixed"), try count("broken"), confusion.total)
    let rest = baseline["not_compared"] == nil ? 0 : try count("not_compared")
    // A record that only one of the two answered is among that one's records alone.
    let compared = (total + records - rest) / 2
    guard (total + records - rest) % 2 == 0, compared >= 0, compared <= min(total, records) else {
      throw problem(
        "baseline.records", "\(total), the number judged, apart from those not compared, found \(records)"
      )
    }
    guard fixed <= confusion.correct, broken <= total - confusion.correct, fixed + broken <= compared else {
      throw problem("baseline", "no more fixed than right records, and no more broken than wrong ones")
    }
    let before = Double(confusion.correct - fixed + broken)
    guard (before - accuracy * Double(records)).magnitude <= Double(rest) + 1e-9 * Double(records) else {
      throw problem(
        "baseline.accuracy", "\(before / Double(total)), from fixed and broken records, found \(accuracy)")
    }
    let found = baseline["mcnemar_p"] ?? .null
    guard let probability = found.doubleValue, 0...1 ~= probability else {
      throw problem("baseline.mcnemar_p", "a probability, found \(found.compactText())")
    }
    guard fixed + broken <= Self.testLimit else { return }
    let computed = mcNemarProbability(fixed: fixed, broken: broken)
    guard (computed - probability).magnitude <= 1e-9 else {
      throw problem(
        "baseline.mcnemar_p", "\(computed), from fixed and broken records, found \(probability)")
    }
  }
}
