// The comparison of predictions with a baseline: what a report states.
import JSON

/// A comparison of predictions with a baseline.
public struct Comparison: Equatable, Sendable {
  /// The baseline's name in reports.
  public var name: String
  /// The number of the baseline's records.
  public var records: Int
  /// The baseline's accuracy.
  public var accuracy: Double
  /// The comparison record by record; `nil` if the baseline is a report, which does not describe single records.
  public var pairs: Pairs?

  public struct Pairs: Equatable, Sendable {
    /// The number of records that were wrong in the baseline and are right now.
    public var fixed: Int
    /// The number of records that were right in the baseline and are wrong now.
    public var broken: Int
    /// The probability of a difference at least this large between equally good classifiers (McNemar's exact test).
    public var probability: Double
    /// The number of records that only one of the two predicted. They are in no other count.
    public var notCompared = 0

    /// Whether the difference is significant at a confidence between 0 and 1.
    package func isSignificant(at confidence: Double) -> Bool { probability < 1 - confidence }
  }

  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("records", .integer(records)), .init("accuracy", .double(accuracy)),
    ]
    if let pairs {
      members += [
        .init("fixed", .integer(pairs.fixed)), .init("broken", .integer(pairs.broken)),
        .init("mcnemar_p", .double(pairs.probability)),
      ]
      if pairs.notCompared > 0 { members.append(.init("not_compared", .integer(pairs.notCompared))) }
    }
    return .object(members)
  }
}

extension Comparison {
  /// Returns a file's name without its folders. A pipe or a temporary file, whose name differs each time, is `the
  /// baseline`.
  static func stableName(_ name: String) -> String {
    let parts = name.split(separator: "/")
    guard let last = parts.last, name != "stdin" else { return "the baseline" }
    let isPassing = name.hasPrefix("/dev/") || name.hasPrefix("/proc/") || last.hasPrefix("tmp.")
    return isPassing ? "the baseline" : String(last)
  }

  init?(_ baseline: Baseline, _ pairs: PairedComparison?) {
    guard let records = baseline.report["records"]?.integerValue,
      let accuracy = baseline.report["accuracy"]?.doubleValue
    else { return nil }
    name = Self.stableName(baseline.name)
    self.records = records
    self.accuracy = accuracy
    self.pairs = pairs.map { pairs in
      let probability = mcNemarProbability(fixed: pairs.fixed, broken: pairs.broken)
      return Pairs(
        fixed: pairs.fixed, broken: pairs.broken, probability: probability, notCompared: pairs.notCompared)
    }
  }
}

extension Comparison.Pairs {
  /// Reads the member `baseline` of a verified report; `nil` if that baseline was a report.
  init?(_ baseline: JSONValue) {
    guard let fixed = baseline["fixed"]?.integerValue, let broken = baseline["broken"]?.integerValue,
      let probability = baseline["mcnemar_p"]?.doubleValue
    else { return nil }
    self.init(
      fixed: fixed, broken: broken, probability: probability,
      notCompared: baseline["not_compared"]?.integerValue ?? 0)
  }
}
