// Comparisons with a baseline: which records belong together, and which figures can be compared.
import MemoryStreams
import Testing

@testable import Evaluation

@Suite struct BaselineTests {
  private let old = "name\ttruth\tclass\nr0\ta\ta\nr1\ta\tb\nr2\tb\tb\nr3\tb\ta\n"
  private let new = "name\ttruth\tclass\nr3\tb\tb\nr0\ta\ta\nr1\ta\ta\nr2\tb\ta\n"

  private func compare(_ new: String, with old: String, gates: [Gate] = []) throws -> EvaluationReport {
    let baseline = try Baseline(MemorySource(old, name: "old.tsv"))
    return try evaluate(MemorySource(new), gates: gates, baseline: baseline)
  }

  @Test func recordsAreJoinedByTheirNames() throws {
    let comparison = try #require(try compare(new, with: old).comparison)
    #expect(comparison.accuracy == 0.5 && comparison.records == 4)
    #expect(comparison.pairs == Comparison.Pairs(fixed: 2, broken: 1, probability: 1))
  }

  @Test func recordsWithoutNamesAreJoinedByPosition() throws {
    let old = "truth,class\na,a\na,b\nb,b\nb,a\n"
    let new = "truth,class\na,b\na,b\nb,b\nb,b\n"
    let pairs = try #require(try compare(new, with: old).comparison?.pairs)
    #expect(pairs.fixed == 1 && pairs.broken == 1)
  }

  @Test func recordsWithTheSameNameAreJoinedByPosition() throws {
    let old = "name,truth,class\nx,a,a\nx,b,a\n"
    #expect(try compare(old, with: old).comparison?.pairs?.fixed == 0)
    let other = "name,truth,class\nx,a,a\ny,b,a\n"
    #expect(
      message { _ = try compare(other, with: old) }
        == "stdin: line 3: 'y' is not in old.tsv; a baseline must have predicted the same records")
  }

  @Test func oneOfTheTwoMayHaveIndicesForClasses() throws {
    let indices = old.replacing("\ta", with: "\t0").replacing("\tb", with: "\t1")
    let pairs = try #require(try compare(new, with: indices).comparison?.pairs)
    #expect(pairs.fixed == 2 && pairs.broken == 1)
  }

  @Test func aBaselineOfOtherRecordsIsRefused() {
    let shorter = "name\ttruth\tclass\nr3\tb\tb\nr0\ta\ta\n"
    #expect(
      message { _ = try compare(shorter, with: old) }
        == "old.tsv: 2 records, such as 'r1', are not among the predictions;"
        + " a baseline must have predicted the same records")
    #expect(
      message { _ = try compare(new, with: shorter) }
        == "stdin: line 4: 'r1' is not in old.tsv; a baseline must have predicted the same records")
    #expect(
      message { _ = try compare(new + "r3\tb\tb\n", with: old) }
        == "stdin: line 6: 'r3' comes twice; each record can be compared with a baseline only once")
    #expect(
      message { _ = try compare(new.replacing("r2\tb", with: "r2\ta"), with: old) }
        == "stdin: line 5: the true class is 'a', but 'b' in old.tsv;"
        + " a baseline must have predicted the same records")
    #expect(
      message { _ = try compare("truth\tclass\na\ta\n", with: "truth\tclass\na\ta\na\ta\n") }
        == "old.tsv: record 1 is not among the predictions;"
        + " a baseline must have predicted the same records")
  }

  @Test func aReportServesAsBaselineWithoutPairs() throws {
    let report = try evaluate(MemorySource(old)).json
    for text in [report.indentedText(), report.compactText()] {
      let gates = [try Gate(.maximumDrop, parsing: "macro.f1=0"), try Gate(.maximumDrop, parsing: "kappa=0")]
      let result = try compare(new, with: text, gates: gates)
      #expect(result.comparison?.accuracy == 0.5 && result.comparison?.pairs == nil)
      #expect(result.failures.isEmpty && result.gates[1].baseline == 0)
    }
  }

  @Test func jsonLinesAreReadAsPredictions() throws {
    let lines = #"{"truth":"a","class":"a"}"# + "\n" + #"{"truth":"b","class":"a"}"# + "\n"
    let comparison = try compare("truth,class\na,a\nb,b\n", with: lines).comparison
    #expect(comparison?.pairs?.fixed == 1)
  }

  @Test(arguments: ["{}", "{\"records\": 3}", "{", "{\"accuracy\": 1}\n{}\n"])
  func aBaselineOfOtherJSONIsRefused(text: String) {
    let message = message { _ = try compare(new, with: text) }
    #expect(message?.hasPrefix("old.tsv: expected predictions or a JSON report of fm-eval") == true)
  }

  @Test func recordsWithNumbersAreJoinedByThem() throws {
    let old = "record,truth,class\n0,a,a\n1,a,b\n2,b,b\n3,b,a\n"
    let sorted = "record,truth,class\n3,b,b\n1,a,b\n0,a,a\n2,b,a\n"
    for (new, old) in [(sorted, old), (old, sorted)] {
      let pairs = try #require(try compare(new, with: old).comparison?.pairs)
      #expect(pairs.fixed + pairs.broken == 2 && pairs.fixed == 1)
    }
    // Numbers may have gaps, as those of a part of the records.
    let part = "record,truth,class\n70,b,b\n9,a,b\n"
    let pairs = try #require(try compare("record,truth,class\n9,a,a\n70,b,b\n", with: part).comparison?.pairs)
    #expect(pairs.fixed == 1 && pairs.broken == 0)
    // Numbers that come twice, as those of joined tables, say less than positions.
    let twice = "record,truth,class\n0,a,a\n0,b,a\n"
    #expect(try compare("truth,class\na,a\nb,b\n", with: twice).comparison?.pairs?.fixed == 1)
    #expect(try compare(twice, with: twice).comparison?.pairs?.fixed == 0)
  }

  @Test(arguments: [
    ("1,a,a\n0,b,b\n2,a,a\n", "line 4: record 2 is not in old.tsv"),
    ("0,a,a\n0,b,b\n", "line 3: record 0 comes twice; each record can be compared with a baseline only once"),
    ("0,a,a\nx,b,b\n", "line 3, column record: expected the record's number, a whole number from 0"),
    ("0,a,a\n", "old.tsv: record 1 is not among the predictions"),
  ])
  func aNumberWithoutItsCounterpartIsRefused(rows: String, words: String) {
    let message = message {
      _ = try compare("record,truth,class\n" + rows, with: "record,truth,class\n0,a,a\n1,b,b\n")
    }
    #expect(message?.contains(words) == true, "\(message ?? "nothing")")
  }

  @Test func aNegativeNumberIsRefused() {
    let line = { (record: Int) in #"{"record":\#(record),"truth":"a","class":"a"}"# + "\n" }
    for others in [[0, 1], [7, 3]] {
      let old = others.map(line).joined()
      let message = message { _ = try compare(line(-1) + line(1), with: old) }
      #expect(message?.contains("column record: expected the record's number, a whole number from 0") == true)
    }
  }

  /// Two sides may have different names for the classes, but the same name must mean the same class.
  @Test(arguments: [
    ("a,a\nb,b\n", "b,b\na,a\n", "line 2: the true class is 'a', but 'b' in old.tsv"),
    ("a,a\nb,b\nc,c\n", "b,b\nx,x\nc,c\n", "line 2: the true class is 'a', but 'b' in old.tsv"),
    ("b,b\na,b\na,b\n", "a,b\na,b\nc,b\n", "line 2: the true class is 'b', but 'a' in old.tsv"),
    ("a,b\na,b\nb,b\n", "c,b\na,b\nb,b\n", "line 2: the true class is 'a', but 'c' in old.tsv"),
  ])
  func exchangedClassesAreRefused(new: String, old: String, words: String) {
    let message = message { _ = try compare("truth,class\n" + new, with: "truth,class\n" + old) }
    #expect(message?.contains(words) == true, "\(message ?? "nothing")")
  }

  @Test func otherNamesOfTheClassesAreAccepted() throws {
    let pairs = try compare("truth,class\na,a\nb,a\n", with: "truth,class\nx,y\ny,y\n").comparison?.pairs
    #expect(pairs?.fixed == 1 && pairs?.broken == 1)
  }

  // MARK: Drops

  @Test func intervalsOfTheBaselineAreComputedInTheSameWay() throws {
    let text = "truth,class\n" + String(repeating: "a,a\na,b\nb,b\n", count: 20)
    let settings = IntervalSettings(confidence: 0.9, method: .bootstrap(Resampling(count: 50, seed: 3)))
    let gates = try ["accuracy_interval.lower=0.000001", "macro_f1_interval.upper=0.000001"].map {
      try Gate(.maximumDrop, parsing: $0)
    }
    let baseline = try Baseline(MemorySource(text, name: "old.tsv"), settings: settings)
    let report = try evaluate(MemorySource(text), settings: settings, gates: gates, baseline: baseline)
    #expect(report.gates.allSatisfy { $0.value == $0.baseline && $0.isPassed })
  }

  @Test func aReportWithOtherSettingsIsNoBaselineForTheirFigures() throws {
    let text = "truth,class,p:a,p:b\n" + String(repeating: "a,a,1,0\na,b,0.25,0.75\nb,b,0,1\n", count: 20)
    var wanted = WantedFigures()
    wanted.accuracyToCover = 0.9
    let settings = IntervalSettings(confidence: 0.5, method: .bootstrap(Resampling(count: 20, seed: 3)))
    let stored = try evaluate(MemorySource(text), settings: settings, wanted: wanted).json.compactText()
    let baseline = try Baseline(MemorySource(stored, name: "old.json"))
    func problem(_ gate: String, _ settings: IntervalSettings, wanted accuracy: Double) -> String? {
      var wanted = WantedFigures()
      wanted.accuracyToCover = accuracy
      return message {
        _ = try evaluate(
          MemorySource(text), settings: settings, wanted: wanted, gates: [Gate(.maximumDrop, parsing: gate)],
          baseline: baseline)
      }
    }
    let start = "cannot be judged against old.json: its "
    let wilson = IntervalSettings(confidence: 0.5)
    for (gate, settings, accuracy, words) in [
      ("coverage_at.coverage=0.1", settings, 0.8, "accuracy to reach is 0.9, not 0.8"),
      (
        "accuracy_interval.lower=0.1", IntervalSettings(), 0.9, "intervals have a confidence of 0.5, not 0.95"
      ),
      ("accuracy_interval.lower=0.1", wilson, 0.9, "intervals are from a bootstrap, not Wilson's"),
    ] {
      let problem = problem(gate, settings, wanted: accuracy)
      #expect(problem?.hasSuffix(start + words) == true, "\(problem ?? "nothing")")
    }
    #expect(problem("coverage_at.coverage=0.1", settings, wanted: 0.9) == nil)
    #expect(problem("accuracy_interval.lower=0.1", settings, wanted: 0.9) == nil)
  }

  @Test func dropsAreMeasuredAgainstTheBaseline() throws {
    let (better, worse) = (
      "truth,class\n" + String(repeating: "a,a\n", count: 92) + String(repeating: "a,b\n", count: 8),
      "truth,class\n" + String(repeating: "a,a\n", count: 91) + String(repeating: "a,b\n", count: 9)
    )
    func passes(_ limit: String) throws -> Bool {
      try compare(worse, with: better, gates: [Gate(.maximumDrop, parsing: limit)]).failures.isEmpty
    }
    // 0.92 − 0.91 is a little more than 0.01 in Double, and must still pass.
    #expect(try passes("accuracy=0.01"))
    #expect(try !passes("accuracy=0.009999"))
    #expect(
      try compare(better, with: worse, gates: [Gate(.maximumDrop, parsing: "accuracy=0")]).failures.isEmpty)
  }

  @Test func anIncreasedLossCountsAsADrop() throws {
    let (sure, unsure) = ("truth,class,p:a,p:b\na,a,1,0\n", "truth,class,p:a,p:b\na,a,0.75,0.25\n")
    let gate = try Gate(.maximumDrop, parsing: "brier=0.1")
    #expect(try !compare(unsure, with: sure, gates: [gate]).failures.isEmpty)
    #expect(try compare(sure, with: unsure, gates: [gate]).failures.isEmpty)
  }

  @Test func aDropNeedsTheMetricOnBothSides() throws {
    let gate = try Gate(.maximumDrop, parsing: "brier=0.1")
    let text = message {
      _ = try compare("truth,class,p:a,p:b\na,a,1,0\n", with: "truth,class\na,a\n", gates: [gate])
    }
    #expect(text?.hasPrefix("the gate on 'brier' cannot be judged against old.tsv: ") == true)
    #expect(throws: EvaluationError.self) { try evaluate(MemorySource(old), gates: [gate]) }
  }
}
