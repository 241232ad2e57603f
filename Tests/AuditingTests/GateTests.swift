// Gates, the conditions that an audit must meet, from their text to their verdict.
import JSON
import Testing

@testable import Auditing

@Suite struct GateTests {
  @Test func aGateHasAKindAndALimit() throws {
    let gate = try AuditGate(parsing: "near-leak=12")
    #expect(gate.figure == .findings(.nearLeak) && gate.limit == 12)
    let imbalance = try AuditGate(parsing: "imbalance=1.5")
    #expect(imbalance.figure == .imbalance && imbalance.limit == 1.5)
  }

  @Test(
    arguments: [
      ("leak", .malformed("leak")), ("leak=", .malformed("leak=")), ("leak=x", .malformed("leak=x")),
      ("leak=1=2", .malformed("leak=1=2")), ("leak=inf", .malformed("leak=inf")), ("", .malformed("")),
      ("leak=nan", .malformed("leak=nan")), ("leak=1.5", .notACount("leak=1.5")),
      ("leak=-1", .notACount("leak=-1")), ("imbalance=0.5", .imbalanceBelowOne("imbalance=0.5")),
      ("leaks=0", .unknown("leaks")), ("=0", .unknown("")),
    ] as [(String, AuditGateSyntaxError)])
  func malformedGatesAreRefused(_ text: String, _ problem: AuditGateSyntaxError) {
    #expect(throws: problem) { try AuditGate(parsing: text) }
  }

  @Test func aGatePassesUpToItsLimit() throws {
    let image = [UInt8](repeating: 3, count: 16)
    let stream = ImageStream(images: [image, image, image], labels: [0, 0, 1])
    let report = try report([stream], kinds: [.duplicate, .blank, .contradiction])
    for (text, value, isPassed) in [
      ("duplicate=2", 2, true), ("duplicate=1", 2, false), ("blank=3", 3, true),
      ("contradiction=0", 1, false),
      ("imbalance=2", 2, true), ("imbalance=1.99", 2, false),
    ] {
      let result = try AuditGate(parsing: text).result(report)
      #expect(result.value == Double(value) && result.isPassed == isPassed, "\(text)")
    }
    let failed = try AuditGate(parsing: "duplicate=1").result(report)
    #expect(failed.description == "duplicate is 2, at most 1")
    #expect(
      try AuditGate(parsing: "imbalance=1.5").result(report).description == "imbalance is 2.00, at most 1.5")
    #expect(
      failed.json.compactText() == #"{"kind":"duplicate","limit":1.0,"passed":false,"value":2.0}"#)
  }

  @Test func gatesOnLabelsNeedLabels() throws {
    let report = try report([ImageStream(images: [[UInt8](repeating: 3, count: 16)])])
    for kind in ["contradiction=0", "imbalance=2", "missing-class=0"] {
      let gate = try AuditGate(parsing: kind)
      #expect(throws: AuditError.gateWithoutLabels(gate.figure.name)) { try gate.result(report) }
    }
    #expect(try AuditGate(parsing: "blank=0").result(report).value == 1)
  }
}
