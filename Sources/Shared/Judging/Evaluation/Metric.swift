// The names of metrics: keys of the JSON report, joined by dots.
import ByteIO
import JSON

/// A figure that a gate can watch: `accuracy`, `macro.f1`, `top_k.3`, `classes.Ankle boot.recall`.
public struct Metric: Equatable, Sendable, CustomStringConvertible {
  /// What a figure needs besides the counts and sums of every report.
  enum Source {
    case plain
    case areas
    case coverage
    case coverageAt
    case answered
    case costs
  }

  private enum Path: Equatable, Sendable {
    case keys([String])
    case ofClass(name: String, key: String)
  }

  public let description: String
  private let path: Path
  /// Whether larger values are worse.
  let isLoss: Bool

  /// Parses a name; `nil` if there is no metric of this name. Classes are looked up only in a report.
  public init?(_ name: String) {
    description = name
    isLoss = [
      "log_loss", "brier", "ece", "abstained", "unanswered", "aurc", "cost.answers", "cost.decisions",
    ]
    .contains(name)
    if Self.plain.contains(name) {
      path = .keys(name.split(separator: ".").map(String.init))
    } else if name.hasPrefix("top_k."), let rank = Int(name.dropFirst(6)), 1...TopRanks.limit ~= rank {
      path = .keys(["top_k", "\(rank)"])
    } else if let share = Self.coverageShare(name) {
      path = .keys(["coverage", "\(share)", "accuracy"])
    } else if name.hasPrefix("classes."), let point = name.lastIndex(of: "."),
      let key = Self.classKeys.first(where: { $0 == name[point...].dropFirst() }),
      point > name.index(name.startIndex, offsetBy: 8)
    {
      // A class's name can contain dots itself.
      path = .ofClass(name: String(name[name.index(name.startIndex, offsetBy: 8)..<point]), key: key)
    } else {
      return nil
    }
  }

  /// The names of all metrics, for messages and help texts.
  public static let allNames =
    "accuracy, accuracy_interval.lower, macro_f1_interval.lower, log_loss, brier, ece, kappa, mcc, top_k.K, macro.M, weighted.M"
    + " and classes.CLASS.M, where M is precision, recall, f1, roc_auc, average_precision or (of a class) support,"
    + " aurc, coverage.P.accuracy (P is 100, 99, 95, 90, 80 or 50), coverage_at.coverage, answered.coverage, answered.accuracy,"
    + " cost.answers, cost.decisions, and records, correct, abstained, unanswered"

  private static let classKeys = ["support", "precision", "recall", "f1", "roc_auc", "average_precision"]
  private static let plain: Set<String> = [
    "records", "correct", "abstained", "unanswered", "accuracy", "accuracy_interval.lower",
    "accuracy_interval.upper",
    "log_loss", "brier", "ece", "kappa", "mcc", "macro.precision", "macro.recall", "macro.f1",
    "weighted.precision", "weighted.recall", "weighted.f1",
    "macro_f1_interval.lower", "macro_f1_interval.upper", "weighted_f1_interval.lower",
    "weighted_f1_interval.upper", "kappa_interval.lower", "kappa_interval.upper", "mcc_interval.lower",
    "mcc_interval.upper", "macro.roc_auc", "macro.average_precision", "aurc", "coverage_at.coverage",
    "answered.coverage", "answered.accuracy", "cost.answers", "cost.decisions",
  ]
  /// The figures that only --interval bootstrap computes.
  private static let bootstrapped: Set<String> = [
    "macro_f1_interval", "weighted_f1_interval", "kappa_interval", "mcc_interval",
  ]

  /// Returns the percentage in a name such as `coverage.95.accuracy`, if reports list it.
  private static func coverageShare(_ name: String) -> Int? {
    CoverageFigures.shares.first { name == "coverage.\($0).accuracy" }
  }

  /// What the metric needs besides counts and sums.
  var source: Source {
    if description == "aurc" || Self.coverageShare(description) != nil { return .coverage }
    if description == "coverage_at.coverage" { return .coverageAt }
    if description.hasPrefix("cost.") { return .costs }
    if description.hasPrefix("answered.") { return .answered }
    return description.hasSuffix(".roc_auc") || description.hasSuffix(".average_precision") ? .areas : .plain
  }

  /// Returns the metric that an unknown name probably means: `log-loss`, `top5`, `roc_auc`.
  static func meant(by name: String) -> Metric? {
    let plain = name.lowercased().replacing("-", with: "_")
    if let metric = Metric(plain) ?? Metric("macro." + plain) { return metric }
    guard plain.hasPrefix("top"), let rank = Int(plain.dropFirst(3).drop { "_.k@".contains($0) }) else {
      return nil
    }
    return Metric("top_k.\(rank)")
  }

  /// Returns the metric's value in a report; `nil` if it is absent.
  func value(in report: JSONValue) -> Double? {
    switch path {
    case .keys(let keys):
      return keys.reduce(Optional(report)) { $0?[$1] }?.doubleValue
    case .ofClass(let name, let key):
      return Self.figures(ofClass: name, in: report)?[key]?.doubleValue
    }
  }

  /// Returns the figures of the class with a name, or with a name that messages display like this.
  private static func figures(ofClass name: String, in report: JSONValue) -> JSONValue? {
    let classes = report["classes"]?.arrayValue ?? []
    return classes.first { $0["name"]?.stringValue == name }
      ?? classes.first { $0["name"]?.stringValue.map(displayed) == name }
  }

  /// Whether the metric is computed from probabilities, which are rounded to Float.
  var isOfProbabilities: Bool { ["log_loss", "brier", "ece"].contains(description) }

  /// Returns the metric's class if the report has no such class; otherwise `nil`.
  func missingClass(in report: JSONValue) -> String? {
    guard case .ofClass(let name, _) = path else { return nil }
    return Self.figures(ofClass: name, in: report) == nil ? name : nil
  }

  /// The reason why a report may lack the metric, with a remedy.
  var reasonForAbsence: String {
    switch path {
    case .ofClass where source == .areas:
      "it needs the probabilities of all classes, and records of the class and of others; merged reports have none"
    case .ofClass(let name, _): "there is no class '\(displayed(name))'"
    case .keys where source == .areas:
      "it needs the probabilities of all classes; add --probabilities or --format raw to fm-predict; merged reports"
        + " have none"
    case .keys where source == .coverage:
      "it needs the predicted classes' probabilities, and enough answers; merged reports have none"
    case .keys where source == .answered:
      "it needs at least one answer; a report has it with --thresholds, or with a gate on it"
    case .keys where source == .costs:
      "it needs --costs and answers, and cost.decisions the probabilities of all classes"
    case .keys where source == .coverageAt: "it needs --coverage-at and the predicted classes' probabilities"
    case .keys(let keys):
      switch keys[0] {
      case "log_loss", "brier":
        "it needs the probabilities of all classes; add --probabilities or --format raw to fm-predict"
      case "ece": "it needs the predicted classes' probabilities"
      case "top_k":
        "it needs predictions with at least K classes per record, and more than K classes; add --top or --probabilities to fm-predict"
      case let key where Self.bootstrapped.contains(key):
        "it needs --interval bootstrap" + (key == "kappa_interval" ? ", and a kappa that is defined" : "")
      case "kappa": "it is undefined if all records have one class and all predictions are that class"
      default: "it is not in the report"
      }
    }
  }
}
