// A value at its limit passes, and every gate must be able both to pass and to fail.
import MemoryStreams
import Testing

@testable import Evaluation

@Suite struct GateLimitTests {
  /// A table of predictions with the given count for each pair of true and predicted class.
  private func table(_ counts: [(String, String, Int)]) -> String {
    "truth\tclass\n" + counts.map { String(repeating: "\($0.0)\t\($0.1)\n", count: $0.2) }.joined()
  }

  @Test func aMeanExactlyAtItsLimitPasses() throws {
    // The recalls are 0.1 and 0.7. Their mean is 0.4, but slightly less in Double.
    let text = table([("0", "0", 1), ("0", "1", 9), ("1", "1", 7), ("1", "0", 3)])
    for kind in [Gate.Kind.minimum, .maximum] {
      let gates = [try Gate(kind, parsing: "macro.recall=0.4")]
      let report = try evaluate(MemorySource(text), gates: gates)
      #expect(report.failures.isEmpty)
      #expect(report.text().contains("macro.recall 0.4000, wanted"))
    }
    let beyond = [try Gate(.minimum, parsing: "macro.recall=0.4000000001")]
    #expect(try !evaluate(MemorySource(text), gates: beyond).failures.isEmpty)
  }

  /// Compares every mean of two multiples of 0.1 with its exact decimal.
  @Test func everyMeanOfTenthsPassesAtItsLimit() throws {
    for one in 0...10 {
      for other in 0...10 where one + other > 0 && one + other < 20 {
        let text = table([("a", "a", one), ("a", "b", 10 - one), ("b", "b", other), ("b", "a", 10 - other)])
        let limit = "0." + String(format(5 * (one + other)))
        let gates = try [Gate.Kind.minimum, .maximum].map { try Gate($0, parsing: "macro.recall=\(limit)") }
        #expect(try evaluate(MemorySource(text), gates: gates).failures.isEmpty, "\(one), \(other), \(limit)")
      }
    }
  }

  private func format(_ hundredths: Int) -> String { hundredths < 10 ? "0\(hundredths)" : "\(hundredths)" }

  @Test func aDropExactlyAtItsLimitPasses() throws {
    for (before, after, limit) in [(92, 91, "0.01"), (97, 90, "0.07"), (58, 29, "0.29")] {
      let old = try Baseline(
        MemorySource(table([("a", "a", before), ("a", "b", 100 - before)])))
      let gate = try Gate(.maximumDrop, parsing: "accuracy=\(limit)")
      let new = MemorySource(table([("a", "a", after), ("a", "b", 100 - after)]))
      #expect(try evaluate(new, gates: [gate], baseline: old).failures.isEmpty)
    }
  }

  @Test func largeCountsAreComparedExactly() throws {
    #expect(!isAtLimit(1e15, 1e15 + 1) && isAtLimit(0.1 + 0.2, 0.3) && !isAtLimit(0.3, 0.3 + 1e-13))
  }

  @Test(arguments: [
    (Gate.Kind.minimum, "accuracy=90", "did you mean 0.9?"),
    (.minimum, "accuracy=90.5", "did you mean 0.905?"),
    (.minimum, "accuracy=0", "can never fail"), (.minimum, "kappa=1.5", "can never pass"),
    (.minimum, "kappa=-1", "can never fail"), (.maximum, "log_loss=-0.1", "can never pass"),
    (.maximum, "accuracy=1", "can never fail"), (.maximum, "brier=2", "can never fail"),
    (.minimum, "records=0", "can never fail"), (.maximum, "abstained=-1", "can never pass"),
    (.maximumDrop, "accuracy=1", "can never fail"), (.maximumDrop, "accuracy=2", "can never fail"),
    (.maximumDrop, "mcc=-2.5", "can never pass"), (.minimum, "classes.a.recall=70", "did you mean 0.7?"),
    (.minimum, "accuracy=90%", "did you mean 'accuracy=0.9'?"), (.minimum, "log-loss=0.3", "'log_loss'"),
  ])
  func limitsThatDecideNothingAreRefused(kind: Gate.Kind, text: String, words: String) throws {
    let error = try #require(throws: GateSyntaxError.self) { try Gate(kind, parsing: text) }
    #expect(error.description.contains(words), "\(error)")
  }

  @Test(arguments: [
    (Gate.Kind.minimum, "accuracy=1"), (.maximum, "accuracy=0"), (.maximum, "log_loss=0"),
    (.maximum, "log_loss=40"),
    (.minimum, "kappa=0"), (.maximumDrop, "accuracy=0"), (.maximumDrop, "accuracy=-0.01"),
    (.maximum, "abstained=0"),
    (.maximum, "unanswered=0"), (.maximumDrop, "log_loss=3"), (.minimum, "records=1"),
  ])
  func decisiveLimitsAreAccepted(kind: Gate.Kind, text: String) throws { _ = try Gate(kind, parsing: text) }
}
