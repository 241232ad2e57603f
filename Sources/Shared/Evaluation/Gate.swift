// Conditions that the figures must meet.
import ByteIO
import JSON

/// A condition on a metric.
public struct Gate: Equatable, Sendable {
  public enum Kind: String, Sendable {
    case minimum = "min"
    case maximum = "max"
    /// How much worse than the baseline's the metric may be: lower, or for losses higher.
    case maximumDrop = "max_drop"
  }
  public var kind: Kind
  public var metric: Metric
  public var limit: Double

  public init(_ kind: Kind, _ metric: Metric, limit: Double) {
    self.kind = kind
    self.metric = metric
    self.limit = limit
  }

  /// Parses `METRIC=NUMBER`. The metric may have equals signs in it, being named after a class.
  public init(_ kind: Kind, parsing text: String) throws(GateSyntaxError) {
    guard let sign = text.lastIndex(of: "="), let limit = Double(text[sign...].dropFirst()), limit.isFinite
    else { throw .malformed(text) }
    guard let metric = Metric(String(text[..<sign])) else { throw .unknownMetric(String(text[..<sign])) }
    self.init(kind, metric, limit: limit)
  }

  /// The difference of two shares is not exact: 0.92 − 0.91 is above 0.01 by 1e-17. What a drop may exceed its limit by.
  private static let tolerance = 1e-12

  /// Judges a report. `baseline` is needed for drops.
  func result(_ report: JSONValue, baseline: Baseline?) throws(EvaluationError) -> GateResult {
    guard let value = metric.value(in: report) else {
      throw .metricAbsent(metric, in: nil)
    }
    guard kind == .maximumDrop else {
      let isPassed = kind == .minimum ? value >= limit : value <= limit
      return GateResult(gate: self, value: value, baseline: nil, isPassed: isPassed)
    }
    guard let baseline else { throw .baselineMissing(metric) }
    guard let before = metric.value(in: baseline.report) else {
      throw .metricAbsent(metric, in: baseline.name)
    }
    let drop = metric.isLoss ? value - before : before - value
    return GateResult(
      gate: self, value: value, baseline: before, isPassed: drop <= limit + Self.tolerance)
  }
}

/// How a gate turned out.
public struct GateResult: Equatable, Sendable {
  public var gate: Gate
  public var value: Double
  /// The baseline's value, of drops.
  public var baseline: Double?
  public var isPassed: Bool

  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("metric", .string(gate.metric.description)),
      .init("kind", .string(gate.kind.rawValue)),
      .init("limit", .double(gate.limit)),
      .init("value", .double(value)),
    ]
    if let baseline { members.append(.init("baseline", .double(baseline))) }
    members.append(.init("passed", .boolean(isPassed)))
    return .object(members)
  }
}

/// Why a text is no gate.
public enum GateSyntaxError: Error, Equatable, CustomStringConvertible {
  case malformed(String)
  case unknownMetric(String)

  public var description: String {
    switch self {
    case .malformed(let text): "expected METRIC=NUMBER, for example accuracy=0.9, got '\(displayed(text))'"
    case .unknownMetric(let name):
      "there is no metric '\(displayed(name))'; there are \(Metric.allNames)"
    }
  }
}
