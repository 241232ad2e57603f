// Conditions that an audit must meet.

import ByteIO
import JSON

/// A limit on the number of findings of a kind, or on the imbalance.
public struct AuditGate: Equatable, Sendable {
  public enum Figure: Equatable, Sendable {
    case findings(FindingKind)
    case imbalance

    public var name: String {
      switch self {
      case .findings(let kind): kind.rawValue
      case .imbalance: "imbalance"
      }
    }
  }
  public let figure: Figure
  public let limit: Double

  /// Parses `KIND=NUMBER`.
  public init(parsing text: String) throws(AuditGateSyntaxError) {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, let limit = Double(parts[1]), limit.isFinite else { throw .malformed(text) }
    let name = String(parts[0])
    if let kind = FindingKind(rawValue: name) {
      guard limit >= 0, limit == limit.rounded() else { throw .notACount(text) }
      figure = .findings(kind)
    } else if name == Figure.imbalance.name {
      guard limit >= 1 else { throw .imbalanceBelowOne(text) }
      figure = .imbalance
    } else {
      throw .unknown(name)
    }
    self.limit = limit
  }

  /// Applies the gate to a report. Throws ``AuditError`` if the gate needs labels and the streams have none.
  public func result(_ report: AuditReport) throws(AuditError) -> AuditGateResult {
    let value =
      switch figure {
      case .findings(let kind): report.count(kind).map(Double.init)
      case .imbalance: report.imbalance
      }
    guard let value else { throw .gateWithoutLabels(figure.name) }
    return AuditGateResult(gate: self, value: value, isPassed: value <= limit)
  }
}

/// The result of a gate.
public struct AuditGateResult: Equatable, Sendable {
  public let gate: AuditGate
  public let value: Double
  public let isPassed: Bool

  var json: JSONValue {
    .object([
      .init("kind", .string(gate.figure.name)), .init("limit", .double(gate.limit)),
      .init("value", .double(value)), .init("passed", .boolean(isPassed)),
    ])
  }
}

extension AuditGateResult: CustomStringConvertible {
  /// `leak is 3, at most 0`.
  public var description: String {
    switch gate.figure {
    case .findings: "\(gate.figure.name) is \(grouped(Int(value))), at most \(fixed(gate.limit, decimals: 0))"
    case .imbalance: "imbalance is \(fixed(value, decimals: 2)), at most \(gate.limit)"
    }
  }
}

/// The reason why a text is not a gate.
public enum AuditGateSyntaxError: Error, Equatable, CustomStringConvertible {
  case malformed(String)
  case notACount(String)
  case imbalanceBelowOne(String)
  case unknown(String)

  public var description: String {
    switch self {
    case .malformed(let text): "expected KIND=NUMBER, for example leak=0, got '\(displayed(text))'"
    case .notACount(let text): "expected a whole number from 0, for example leak=0, got '\(displayed(text))'"
    case .imbalanceBelowOne(let text):
      "expected an imbalance of at least 1, which classes of the same size have, got '\(displayed(text))'"
    case .unknown(let name):
      "there is no kind '\(displayed(name))'; expected one of "
        + (FindingKind.allCases.map(\.rawValue) + [AuditGate.Figure.imbalance.name]).joined(separator: ", ")
    }
  }
}
