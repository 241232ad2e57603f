// Compares chosen thresholds with NumPy (Fixtures/make_score_cases.py), and checks which answers thresholds withhold.
import JSON
import MemoryStreams
import Predictions
import TensorStream
import Testing

@testable import Evaluation

@Suite struct ThresholdTests {
  private static let text =
    "truth,class,p:a,p:b\na,a,0.75,0.25\na,a,0.625,0.375\nb,a,0.625,0.375\nb,b,0.25,0.75\na,b,0.375,0.625\n"

  private func chosen(_ goal: ThresholdGoal, _ text: String = text) throws -> EvaluationReport {
    var wanted = WantedFigures()
    wanted.thresholdGoal = goal
    return try evaluate(MemorySource(text, name: "t.csv"), wanted: wanted)
  }

  private func written(_ thresholds: ChosenThresholds) throws -> String {
    let sink = MemorySink()
    try thresholds.write(to: sink)
    return String(decoding: sink.bytes, as: UTF8.self)
  }

  @Test(arguments: ScoreCase.all, ["f1", "precision", "recall"])
  func thresholdsMatchNumPy(_ stored: ScoreCase, key: String) throws {
    let goal: ThresholdGoal =
      switch key {
      case "f1": .f1
      case "precision": .precision(0.75)
      default: .recall(0.75)
      }
    let thresholds = try #require(try chosen(goal, stored.reference.text).figures.scores.thresholds)
    let expected = (stored.value["thresholds"]?[key]?.arrayValue ?? []).map { numbers($0) }
    #expect(expected.count == stored.reference.classCount)
    let found = thresholds.classes.map { chosen in
      chosen.achieved.map { [Double($0.threshold), $0.precision, $0.recall, $0.f1] }
    }
    #expect(agree(found, expected, within: 1e-12))
    #expect(thresholds.classes.map(\.support) == stored.reference.integers("support"))
  }

  @Test func logarithmsGiveThresholdsOfProbabilities() throws {
    let text = "truth,class,log_p:a,log_p:b\na,a,-0.28768207,-1.3862944\nb,b,-1.3862944,-0.28768207\n"
    let thresholds = try #require(try chosen(.f1, text).figures.scores.thresholds)
    let found = thresholds.classes.compactMap { $0.achieved.map { Double($0.threshold) } }
    #expect(agree(found, [0.75, 0.75], within: 1e-6))
  }

  @Test func aWrittenTableIsReadBack() throws {
    // No record is of class c, so no threshold can be chosen for it.
    let text = "truth,class,p:a=1,p:b\\tb,p:c\na=1,a=1,0.75,0.25,0\nb\\tb,b\\tb,0.25,0.5,0.25\n"
    let report = try chosen(.precision(0.5), text)
    let table = try written(try #require(report.figures.scores.thresholds))
    #expect(
      table == """
        class	threshold	precision	recall	f1	records
        a=1	0.75	1.0	1.0	1.0	1
        b\\tb	0.5	1.0	1.0	1.0	1
        c	never				0

        """)
    #expect(
      report.notes.map(\.description) == [
        "t.csv: no threshold achieves a precision of 0.5 for 'c': the threshold 'never' is written, and such a class is never the answer"
      ])
    let read = try ClassThresholds(MemorySource(table))
    #expect(try read.minimums(of: ["c", "b\tb", "a=1"]) == [.infinity, 0.5, 0.75])
    #expect(read.minimum(of: "b\tb") == 0.5 && read.minimum(of: "d") == 0)
    let options = try ClassThresholds(parsing: ["a=1=0.75", "b\\tb=0.5", "c=never"], name: "typed")
    #expect(try options.minimums(of: ["c", "b\tb", "a=1"]) == [.infinity, 0.5, 0.75])
  }

  @Test func answersBelowTheirThresholdAreNeitherRightNorWrong() throws {
    let thresholds = try ClassThresholds(parsing: ["a=0.7"], name: "typed")
    let report = try evaluate(MemorySource(Self.text), thresholds: thresholds)
    let figures = report.figures
    #expect(figures.abstained == 2 && figures.correct == 2 && figures.confusion.abstained == [1, 1])
    let answered = report.json["answered"]
    #expect(answered?["records"] == .integer(3) && answered?["coverage"] == .double(0.6))
    #expect(answered?["accuracy"]?.doubleValue == 2.0 / 3)
    #expect(report.text().contains("\n  3 of 5 records answered, 60.00 %; 66.67 % of the answers right\n"))
    #expect(report.markdown().contains("; 3 of 5 records answered, 60.00 %; 66.67 % of the answers right"))
    // A probability equal to the threshold is enough.
    let exact = try evaluate(
      MemorySource(Self.text), thresholds: ClassThresholds(parsing: ["a=0.75"], name: "typed"))
    #expect(exact.figures.abstained == 2)
    #expect(
      try evaluate(MemorySource(Self.text), thresholds: ClassThresholds(parsing: ["a=never"], name: "typed"))
        .figures
        .abstained == 3)
  }

  @Test func withheldAnswersAreThoseThatFMPredictLeavesEmpty() throws {
    let left = Self.text.replacing("a,a,0.625", with: "a,,0.625").replacing("b,a,0.625", with: "b,,0.625")
    let thresholds = try ClassThresholds(parsing: ["a=0.7", "b=0.1"], name: "typed")
    var wanted = WantedFigures()
    wanted.answered = true
    let withheld = try evaluate(MemorySource(Self.text), thresholds: thresholds)
    #expect(try evaluate(MemorySource(left), wanted: wanted).json == withheld.json)
  }

  @Test func gatesOnAnswersJudgePredictionsAndMergedReports() throws {
    let gates = try ["answered.coverage=0.6", "answered.accuracy=0.7"].map { try Gate(.minimum, parsing: $0) }
    let thresholds = try ClassThresholds(parsing: ["a=0.7"], name: "typed")
    let report = try evaluate(MemorySource(Self.text), thresholds: thresholds, gates: gates)
    #expect(report.gates.map(\.isPassed) == [true, false])
    let stored = report.json.compactText()
    let merged = try mergeReports([{ MemorySource(stored) }, { MemorySource(stored) }], gates: gates)
    #expect(merged.gates.map(\.isPassed) == [true, false])
    #expect(merged.json["answered"]?["records"] == .integer(6))
    // Without thresholds, the gate requests the figure.
    let plain = try evaluate(MemorySource(Self.text), gates: gates)
    #expect(
      plain.json["answered"]?["coverage"] == .double(1) && plain.gates.map(\.isPassed) == [true, false])
    let forged = stored.replacing("\"coverage\":0.6,\"records\":3", with: "\"coverage\":0.7,\"records\":3")
    #expect(forged != stored)
    #expect(message { _ = try Baseline(MemorySource(forged, name: "r.json")) } != nil)
  }

  @Test(arguments: [
    ("", "found no"),
    ("class\tthreshold\n", "t.tsv: expected the threshold of at least one class, found only a header"),
    (
      "name\tthreshold\na\t0.5\n",
      "t.tsv: expected a header with the columns 'class' and 'threshold', found 'name'"
    ),
    (
      "class\tthreshold\na\t1.5\n",
      "t.tsv: line 2: expected a probability from 0 to 1 for 'a', or 'never', found '1.5'"
    ),
    (
      "class\tthreshold\na\t\n",
      "t.tsv: line 2: expected a probability from 0 to 1 for 'a', or 'never', found ''"
    ),
    ("class\tthreshold\na\t0.5\na\t0.5\n", "t.tsv: line 3: the class 'a' already has a threshold"),
    ("class\tthreshold\n\t0.5\n", "t.tsv: line 2: expected a class, found nothing"),
    ("class\tthreshold\na\n", "t.tsv: line 2: expected 2 fields"),
  ])
  func malformedTablesAreRefused(table: String, words: String) {
    let found = message { _ = try ClassThresholds(MemorySource(table, name: "t.tsv")) }
    #expect(
      found?.hasPrefix(words == "found no" ? "t.tsv: expected a header" : words) == true,
      "\(found ?? "nothing")")
  }

  @Test func unknownClassesAreReported() throws {
    let thresholds = try ClassThresholds(parsing: ["z=0.5"], name: "typed")
    #expect(
      message { _ = try evaluate(MemorySource(Self.text), thresholds: thresholds) }
        == "typed: there is no class 'z' among 'a', 'b'")
    let plain = "truth,class\na,a\nb,b\n"
    #expect(
      message { _ = try evaluate(MemorySource(plain, name: "t.csv"), thresholds: thresholds) }?
        .hasPrefix("t.csv: expected predictions with probabilities") == true)
    #expect(message { _ = try chosen(.f1, plain) }?.hasPrefix("t.csv: choosing thresholds needs") == true)
  }

  @Test(arguments: [
    "", "f2", "precision", "precision=0", "precision=1.1", "recall=x", "f1=0.5", "recall=0.5=0.5",
  ])
  func otherGoalsAreRefused(text: String) { #expect(ThresholdGoal(parsing: text) == nil) }

  @Test func classesWithoutRecordsMayHaveThresholdsAndCosts() throws {
    let text = "truth,class,probability\na,a,0.75\nb,a,0.5\n"
    let thresholds = try ClassThresholds(parsing: ["a=0.7", "z=0.5"], name: "typed")
    let report = try evaluate(MemorySource(text), thresholds: thresholds)
    #expect(report.figures.abstained == 1)
    #expect(report.notes == [.text("typed: no record has or was given the class 'z'")])
    var wanted = WantedFigures()
    wanted.costs = try CostTable(MemorySource("t\ta\tb\tz\na\t0\t1\t1\nb\t2\t0\t1\nz\t1\t1\t0\n"))
    #expect(try evaluate(MemorySource(text), wanted: wanted).figures.scores.cost?.answers == 1)
  }

  @Test func goalsAreParsed() {
    #expect(ThresholdGoal(parsing: "f1") == .f1 && ThresholdGoal(parsing: "recall=1") == .recall(1))
    #expect(ThresholdGoal(parsing: "precision=0.95") == .precision(0.95))
  }
}
