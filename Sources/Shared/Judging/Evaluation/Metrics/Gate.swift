// Conditions that the figures must meet.
import ByteIO
import JSON

/// A condition on a metric.
public struct Gate: Equatable, Sendable {
  public enum Kind: String, Sendable {
    case minimum = "min"
    case maximum = "max"
    /// The most by which the metric may be worse than the baseline's: lower or, for losses, higher.
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

  /// Parses `METRIC=NUMBER`. A metric can contain equals signs, since the names of classes can.
  public init(_ kind: Kind, parsing text: String) throws(GateSyntaxError) {
    guard let sign = text.lastIndex(of: "="), let limit = Double(text[sign...].dropFirst()), limit.isFinite
    else { throw Self.problem(text) }
    guard let metric = Metric(String(text[..<sign])) else { throw .unknownMetric(String(text[..<sign])) }
    self.init(kind, metric, limit: limit)
    try checkDecides()
  }

  private static func problem(_ text: String) -> GateSyntaxError {
    guard text.hasSuffix("%"), let sign = text.lastIndex(of: "="),
      let percent = Double(text[text.index(after: sign)...].dropLast().filter { $0 != " " }),
      let share = GateSyntaxError.share(ofPercent: percent)
    else { return .malformed(text) }
    return .percentage(text, meant: "\(text[..<sign])=\(plain(share))")
  }

  /// Applies the gate to a report. A gate on a drop needs `baseline`.
  func result(_ report: JSONValue, baseline: Baseline?) throws(EvaluationError) -> GateResult {
    if let name = metric.missingClass(in: report) {
      let names = report["classes"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
      throw .classAbsent(metric, name: name, names: names)
    }
    guard let value = metric.value(in: report) else {
      throw .metricAbsent(metric, nil)
    }
    var before: Double?
    if kind == .maximumDrop {
      guard let baseline else { throw .baselineMissing(metric) }
      before = metric.value(in: baseline.report)
      if before == nil { throw .metricAbsent(metric, baseline.place) }
      if let difference = metric.difference(in: report, from: baseline.report) {
        throw .metricDiffers(metric, in: baseline.name, difference)
      }
    }
    return GateResult(
      gate: self, value: value, baseline: before, isPassed: verdict(value, before: before) == true)
  }

  /// Whether a value passes; `nil` for a gate on a drop if the earlier value is not known.
  func verdict(_ value: Double, before: Double?) -> Bool? {
    let isRounded = metric.isOfProbabilities
    switch kind {
    case .minimum: return value >= limit || isAtLimit(value, limit, isRoundedToFloat: isRounded)
    case .maximum: return value <= limit || isAtLimit(value, limit, isRoundedToFloat: isRounded)
    case .maximumDrop:
      guard let before else { return nil }
      let drop = metric.isLoss ? value - before : before - value
      let magnitude = max(value.magnitude, before.magnitude)
      return drop <= limit || isAtLimit(drop, limit, of: magnitude, isRoundedToFloat: isRounded)
    }
  }
}

/// The result of a gate.
public struct GateResult: Equatable, Sendable {
  public var gate: Gate
  public var value: Double
  /// The baseline's value; only for drops.
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

/// The reason why a text is not a gate.
public enum GateSyntaxError: Error, Equatable, CustomStringConvertible {
  case malformed(String)
  case percentage(String, meant: String)
  case unknownMetric(String)
  /// The gate passes whatever the figure is, or fails whatever it is.
  case decidesNothing(Gate, passes: Bool, meant: Double?)

  public var description: String {
    switch self {
    case .malformed(let text): "expected METRIC=NUMBER, for example accuracy=0.9, got '\(displayed(text))'"
    case .percentage(let text, let meant):
      "expected a share from 0 to 1, got '\(displayed(text))'; did you mean '\(displayed(meant))'?"
    case .unknownMetric(let name):
      "there is no metric '\(displayed(name))'"
        + (Metric.meant(by: name).map {
          ", did you mean '\(displayed($0.description))'?"
        }
          ?? "; there are \(Metric.allNames)")
    case .decidesNothing(let gate, let passes, let meant):
      "\(displayed(gate.metric.description))=\(plain(gate.limit)) can never \(passes ? "fail" : "pass"):"
        + " \(gate.rangeWords)" + (meant.map { "; did you mean \(plain($0))?" } ?? "")
    }
  }
}

extension Gate {
  fileprivate var rangeWords: String {
    let range = metric.range
    let name = "\(displayed(metric.description))"
    if kind == .maximumDrop {
      return "\(name) cannot drop by more than \(plain(range.upperBound - range.lowerBound))"
    }
    return range.upperBound.isInfinite
      ? "\(name) is never below 0"
      : "\(name) is always between \(plain(range.lowerBound)) and \(plain(range.upperBound))"
  }
}

/// Whether a figure equals its limit, apart from the rounding of the sums and quotients that it was computed from. A
/// mean over classes adds up rounded quotients, and a drop is the difference of two figures. These errors stay below 16
/// units in the last place of the largest number involved, or of 1 if that is larger, since agreement beyond chance is
/// a difference of shares. One record more or less changes a share by more than that, as long as there are fewer than
/// 10¹⁴ records. Counts are exact.
///
/// Probabilities are rounded to Float when they are read, each by at most 2⁻²⁴ of its value. This changes the
/// calibration error by no more than it changes the probabilities, the log loss by 2⁻²⁴ of its value or of 1, the Brier
/// score by 2 Σ |p − y| 2⁻²⁵ <= 2⁻²³, and a drop by twice as much.
func isAtLimit(
  _ value: Double, _ limit: Double, of magnitude: Double = 0, isRoundedToFloat: Bool = false
) -> Bool {
  let scale = max(1, value.magnitude, limit.magnitude, magnitude)
  let tolerance = isRoundedToFloat ? 0x1p-22 : 16 * Double.ulpOfOne
  return (value - limit).magnitude <= (scale > 0x1p40 ? 0 : tolerance * scale)
}

extension Gate {
  /// Throws if the gate can never fail, or never pass.
  func checkDecides() throws(GateSyntaxError) {
    let range = metric.range
    let width = range.upperBound - range.lowerBound
    let (neverPasses, neverFails) =
      switch kind {
      case .minimum: (limit > range.upperBound, limit <= range.lowerBound)
      case .maximum: (limit < range.lowerBound, limit >= range.upperBound)
      case .maximumDrop: (limit < -width, limit >= width)
      }
    guard neverPasses || neverFails else { return }
    throw .decidesNothing(self, passes: neverFails, meant: meantLimit)
  }

  /// The share that was probably meant if the limit looks like a percentage; otherwise `nil`.
  private var meantLimit: Double? {
    guard metric.range.upperBound == 1, limit > 1, limit <= 100 else { return nil }
    return GateSyntaxError.share(ofPercent: limit)
  }
}

extension GateSyntaxError {
  /// Converts a percentage to a share, 90 to 0.9, without the digits that a division would add.
  static func share(ofPercent percent: Double) -> Double? { Double("\(percent)e-2") ?? percent / 100 }
}
