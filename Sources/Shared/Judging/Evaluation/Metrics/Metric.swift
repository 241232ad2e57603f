// The names of metrics: keys of the JSON report, joined by dots.
import ByteIO
import JSON

/// A figure that a gate can watch: `accuracy`, `macro.f1`, `top_k.3`, `classes.Ankle boot.recall`.
public struct Metric: Equatable, Sendable, CustomStringConvertible {
  fileprivate enum Path: Equatable, Sendable {
    case keys([String])
    case ofClass(name: String, key: String)
  }

  public let description: String
  fileprivate let path: Path
  let properties: MetricProperties
  /// The reason for its absence from a report, if it is not that of all figures from the same source.
  fileprivate let ownReason: String?

  /// Parses a name; `nil` if there is no metric of this name. Classes are looked up only in a report.
  public init?(_ name: String) {
    if let entry = MetricEntry.all.first(where: { $0.key == name }) {
      self.init(name, entry.properties, absence: entry.absence)
    } else if let (properties, absence) = Self.interval(name) {
      self.init(name, properties, absence: absence)
    } else if name.hasPrefix("top_k."), let rank = Int(name.dropFirst(6)), 1...TopRanks.limit ~= rank {
      self.init(name, .init(.share, from: .ranks), .keys(["top_k", "\(rank)"]))
    } else if let share = Self.coverageShare(name) {
      self.init(name, .init(.share, from: .coverage), .keys(["coverage", "\(share)", "accuracy"]))
    } else if name.hasPrefix("classes."), let point = name.lastIndex(of: "."),
      let (key, properties) = MetricEntry.ofClass.first(where: { $0.key == name[point...].dropFirst() }),
      point > name.index(name.startIndex, offsetBy: 8)
    {
      // A class's name can contain dots itself.
      let ofClass = String(name[name.index(name.startIndex, offsetBy: 8)..<point])
      self.init(name, properties, .ofClass(name: ofClass, key: key))
    } else {
      return nil
    }
  }

  private init(
    _ name: String, _ properties: MetricProperties, _ path: Path? = nil, absence: String? = nil
  ) {
    description = name
    self.path = path ?? .keys(name.split(separator: ".").map(String.init))
    self.properties = properties
    ownReason = absence
  }

  /// The names of all metrics, for messages and help texts.
  static let allNames: String = {
    func list(_ names: [String]) -> String { names.joined(separator: ", ") }
    let counts = MetricEntry.all.filter { $0.properties.kind == .count }.map(\.key)
    let members = MetricEntry.all.filter { $0.isMember && $0.properties.kind != .count }.map(\.key)
    let intervals = (["accuracy_interval"] + MetricEntry.withInterval.map(\.intervalKey)).map {
      "\($0).lower or .upper"
    }
    let ofClass = MetricEntry.ofClass.filter { $0.value.kind != .count }.map(\.key)
    let areWeighted = { (key: String) in MetricEntry.all.contains { $0.key == "weighted.\(key)" } }
    let others = MetricEntry.all.filter { entry in
      !entry.isMember && !["macro.", "weighted."].contains(where: entry.key.hasPrefix)
    }.map(\.key)
    return list(members + intervals)
      + "; top_k.K; macro.M, weighted.M and classes.CLASS.M, where M is "
      + list(ofClass.filter(areWeighted) + ofClass.filter { !areWeighted($0) }) + " (not weighted) or "
      + list(MetricEntry.ofClass.filter { $0.value.kind == .count }.map(\.key)) + " (of a class)"
      + "; coverage.P.accuracy, where P is "
      + list(CoverageFigures.shares.dropLast().map { "\($0)" }) + " or \(CoverageFigures.shares.last!); "
      + list(others) + "; " + list(counts)
  }()

  /// Returns the properties of an end of an interval, such as `mcc_interval.lower`, and the reason for its absence if it
  /// has its own. Every report has the accuracy's.
  private static func interval(_ name: String) -> (MetricProperties, absence: String?)? {
    let parts = name.split(separator: ".")
    guard parts.count == 2, parts[1] == "lower" || parts[1] == "upper" else { return nil }
    if parts[0] == "accuracy_interval" { return (MetricProperties(.share), absence: nil) }
    return MetricEntry.withInterval.first { $0.intervalKey == parts[0] }.map { entry in
      let (kind, range) = (entry.properties.kind, entry.properties.range)
      return (MetricProperties(kind, from: .bootstrap, range: range), absence: entry.intervalAbsence)
    }
  }

  /// Returns the percentage in a name such as `coverage.95.accuracy`, if reports list it.
  private static func coverageShare(_ name: String) -> Int? {
    CoverageFigures.shares.first { name == "coverage.\($0).accuracy" }
  }

  /// Whether larger values are worse.
  var isLoss: Bool { properties.isLoss }

  /// The values that the metric can have.
  var range: ClosedRange<Double> { properties.range }

  /// Returns the metric that an unknown name probably means: `log-loss`, `top5`, `roc_auc`, `macro_f1`.
  static func meant(by name: String) -> Metric? {
    let plain = name.lowercased().replacing("-", with: "_")
    let path = plain.replacing("_", with: ".", maxReplacements: 1)
    if let metric = Metric(plain) ?? Metric("macro." + plain) ?? Metric(path) { return metric }
    guard plain.hasPrefix("top"), let rank = Int(plain.dropFirst(3).drop { "_.k@".contains($0) }) else {
      return nil
    }
    return Metric("top_k.\(rank)")
  }

  /// Returns the metric's value in a report; `nil` if it is absent.
  ///
  /// - Complexity: O(c) for a metric of one of c classes, otherwise O(m) for m members of the report
  func value(in report: JSONValue) -> Double? {
    switch path {
    case .keys(let keys):
      return keys.reduce(Optional(report)) { $0?[$1] }?.doubleValue
    case .ofClass(let name, let key):
      return Self.figures(ofClass: name, in: report)?[key]?.doubleValue
    }
  }

  /// Returns how a baseline's report computed the metric in another way, in words; `nil` if the values can be compared.
  func difference(in report: JSONValue, from baseline: JSONValue) -> String? {
    guard case .keys(let keys) = path, let key = keys.first else { return nil }
    func differing(_ member: String) -> (here: Double, there: Double)? {
      guard let here = report[key]?[member]?.doubleValue, let there = baseline[key]?[member]?.doubleValue,
        here != there
      else { return nil }
      return (here, there)
    }
    if properties.source == .coverageAt, let (here, there) = differing("wanted") {
      return "its accuracy to reach is \(plain(there)), not \(plain(here))"
    }
    guard key.hasSuffix("_interval") else { return nil }
    if let (here, there) = differing("confidence") {
      return "its intervals have a confidence of \(plain(there)), not \(plain(here))"
    }
    let isDrawn = (here: report["bootstrap"] != nil, there: baseline["bootstrap"] != nil)
    guard isDrawn.here != isDrawn.there else { return nil }
    return isDrawn.there
      ? "its intervals are from a bootstrap, not Wilson's" : "its interval is Wilson's, not from a bootstrap"
  }

  /// Returns the figures of the class with a name, or with a name that messages display like this.
  private static func figures(ofClass name: String, in report: JSONValue) -> JSONValue? {
    let classes = report["classes"]?.arrayValue ?? []
    return classes.first { $0["name"]?.stringValue == name }
      ?? classes.first { $0["name"]?.stringValue.map(displayed) == name }
  }

  /// Whether the metric is computed from probabilities, which are rounded to Float.
  var isOfProbabilities: Bool { properties.isOfProbabilities }

  /// Returns the metric's class if the report has no such class; otherwise `nil`.
  func missingClass(in report: JSONValue) -> String? {
    guard case .ofClass(let name, _) = path else { return nil }
    return Self.figures(ofClass: name, in: report) == nil ? name : nil
  }
}

/// The reason why a report may lack a metric.
public struct MetricAbsence: Equatable, Sendable {
  /// What the metric is computed from, if a report has that only on request.
  public enum Need: Sendable {
    /// The probabilities of all classes, or of the likeliest ones.
    case probabilities, ranks
    /// Bootstrap intervals.
    case bootstrap
    /// The accuracy whose largest coverage is requested.
    case accuracyToCover
    /// The figures of the answers alone.
    case answered
    case costs
  }

  /// The reason in words: `it needs the predicted classes' probabilities`.
  public let words: String
  public let need: Need?

  init(_ words: String, _ need: Need? = nil) { (self.words, self.need) = (words, need) }
}

extension Metric {
  /// The reason why a report may lack the metric.
  public var absence: MetricAbsence {
    if let ownReason { return MetricAbsence(ownReason, properties.source == .bootstrap ? .bootstrap : nil) }
    if case .ofClass(let name, _) = path {
      return properties.source != .areas
        ? MetricAbsence("there is no class '\(displayed(name))'")
        : MetricAbsence(
          "it needs the probabilities of all classes, and records of the class and of others; merged reports have none"
        )
    }
    return properties.source.absence
  }
}

extension MetricProperties.Source {
  /// The reason why a report may lack a metric from this source.
  fileprivate var absence: MetricAbsence {
    switch self {
    case .counts: MetricAbsence("it is not in the report")
    case .probabilities: MetricAbsence("it needs the probabilities of all classes", .probabilities)
    case .confidences: MetricAbsence("it needs the predicted classes' probabilities")
    case .ranks:
      MetricAbsence(
        "it needs predictions with at least K classes per record, and more than K classes", .ranks)
    case .bootstrap: MetricAbsence("it needs bootstrap intervals", .bootstrap)
    case .areas:
      MetricAbsence(
        "it needs the probabilities of all classes, and merged reports have none", .probabilities)
    case .coverage:
      MetricAbsence(
        "it needs the predicted classes' probabilities, and enough answers; merged reports have none")
    case .coverageAt:
      MetricAbsence(
        "it needs an accuracy to reach, and the predicted classes' probabilities", .accuracyToCover)
    case .answered: MetricAbsence("it needs at least one answer", .answered)
    case .costs:
      MetricAbsence(
        "it needs a table of costs, and at least one answer", .costs)
    }
  }
}
