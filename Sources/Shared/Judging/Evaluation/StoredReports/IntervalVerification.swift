// Checks the intervals of a JSON report: they must follow from its counts or, if recomputing takes too long, be
// possible.
import JSON

extension StoredReport {
  /// The most cells to draw, over all samples, when intervals are recomputed: about a second. A machine whose
  /// logarithms differ in the last bit draws another number only in a near tie, once in 10¹² draws.
  private static let drawLimit = 4_000_000

  /// Returns the settings of a report's intervals. The method is Wilson's if recomputing a bootstrap would take too
  /// long. Throws if the settings in the report make no sense.
  func intervalSettings(_ report: JSONValue) throws(EvaluationError) -> IntervalSettings {
    var settings = IntervalSettings()
    if let interval = report["accuracy_interval"] {
      let found = interval["confidence"]
      guard let confidence = found?.doubleValue, confidence > 0 && confidence < 1 else {
        throw problem(
          "accuracy_interval.confidence", "a number between 0 and 1, found \(found?.compactText() ?? "none")")
      }
      settings.confidence = confidence
    }
    guard let bootstrap = report["bootstrap"] else { return settings }
    guard let count = bootstrap["resamples"]?.integerValue, 1...1_000_000 ~= count else {
      throw problem("bootstrap.resamples", "1 to 1000000, found \(found(bootstrap["resamples"]))")
    }
    guard case .number(let text)? = bootstrap["seed"], let seed = UInt64(text) else {
      throw problem("bootstrap.seed", "a whole number from 0, found \(found(bootstrap["seed"]))")
    }
    let classes = 0..<confusion.classCount
    let cells = classes.reduce(0) { sum, truth in sum + classes.count { confusion[truth, $0] > 0 } }
    if count <= Self.drawLimit / (cells + 2 * classes.count) {
      settings.method = .bootstrap(Resampling(count: count, seed: seed))
    }
    return settings
  }

  /// Throws if an interval is invalid, if its confidence differs from that of the others, or if only a bootstrap could
  /// have computed it and the report has none.
  func checkIntervals(_ report: JSONValue) throws(EvaluationError) {
    guard case .object(let members) = report else { return }
    let confidence = report["accuracy_interval"]?["confidence"]?.doubleValue
    for member in members where member.key.hasSuffix("_interval") {
      let (key, interval) = (member.key, member.value)
      if report["bootstrap"] == nil, key != "accuracy_interval" {
        throw problem(key, "no interval without 'bootstrap', which computes it")
      }
      for end in ["lower", "upper"] { try checkRange(interval[end] ?? .null, of: "\(key).\(end)") }
      guard let lower = interval["lower"]?.doubleValue, let upper = interval["upper"]?.doubleValue,
        lower <= upper
      else { throw problem(key, "a lower end that is not above the upper one") }
      guard let own = interval["confidence"]?.doubleValue, own > 0, own < 1, own == confidence ?? own else {
        throw problem(
          "\(key).confidence", "that of the other intervals, found \(found(interval["confidence"]))")
      }
    }
  }

  private func found(_ value: JSONValue?) -> String { value?.compactText() ?? "none" }
}
