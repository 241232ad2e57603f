// Inputs that mix class numbers with class names, or whose names a person would take for the same.
import ByteIO
import MemoryStreams
import Predictions
import TensorStream
import Testing

@testable import Evaluation

@Suite struct MixedClassesTests {
  private func problem(_ text: String, classes: [String]? = nil) -> String? {
    message { _ = try evaluate(MemorySource(text, name: "t.tsv"), classes: classes) }
  }

  @Test(arguments: [
    "Bag\tBag\nCoat\tCoat\n8\tBag\n", "Bag\t8\n8\tBag\n", "Bag\tBag\n8\t8\n", "cat\tcat\n7\t7\n",
  ])
  func numbersBesideNamesAreRefused(rows: String) {
    let text = problem("truth\tclass\n" + rows)
    #expect(text?.hasPrefix("t.tsv: some classes are numbers, ") == true)
    // Tables written by one tool may have been concatenated.
    let table = "truth\tclass\tprobability\n" + rows.replacing("\n", with: "\t0.5\n")
    #expect(problem(table)?.contains("some classes are numbers") == true)
  }

  @Test func aListOfClassesSettlesWhatNumbersMean() throws {
    #expect(problem("truth\tclass\ncat\tcat\n7\t7\n", classes: ["cat", "7"]) == nil)
    #expect(problem("truth\tclass\n-1\tcat\ncat\tcat\n") == nil)
    #expect(problem("truth,class,p:7,p:cat\ncat,cat,0.25,0.75\n7,7,0.75,0.25\n") == nil)
    let report = try evaluate(MemorySource("truth\tclass\nBag\t1\n1\tBag\n"), classes: ["Coat", "Bag"])
    #expect(report.figures.accuracy == 1)
  }

  @Test func twoSpellingsOfOneNumberAreRefused() {
    let rows = (1...10).map { "\($0)\t\($0 < 10 ? "0" : "")\($0)\n" }.joined()
    #expect(problem("truth\tclass\n" + rows)?.contains("differ only in leading zeros") == true)
    #expect(
      problem("truth\tclass\n" + rows, classes: (1...10).map(String.init))?.contains("is not one of") == true)
  }

  @Test func classesOnlyTrueAndClassesOnlyPredictedMustNotLookAlike() {
    #expect(problem("truth\tclass\nBag\tbag\nhat\that\n")?.contains("differ only in case") == true)
    #expect(problem("truth\tclass\nhot dog\thot-dog\nx\tx\n")?.contains("only in blanks or dashes") == true)
    #expect(problem("truth\tclass\ne\u{301}\te\u{301}\n\u{E9}\t\u{E9}\n")?.contains("Unicode form") == true)
    // Single letters may differ only in case.
    #expect(problem("truth\tclass\na\tA\nA\ta\na\ta\n") == nil)
    #expect(problem("truth\tclass\nBag\tbag\nhat\that\n", classes: ["Bag", "bag", "hat"]) == nil)
  }

  @Test(arguments: [
    ("01", "1", "leading zeros"), ("bag", "Bag", "case"), ("hot dog", "hot_dog", "blanks or dashes"),
    ("e\u{301}", "\u{E9}", "the Unicode form of their letters"),
  ])
  func reportsThatSpellAClassDifferentlyAreNotMerged(one: String, other: String, way: String) throws {
    func report(_ name: String) throws -> String {
      try evaluate(MemorySource("truth\tclass\n\(name)\t\(name)\n")).json.compactText()
    }
    let reports = [try report(one), try report(other)]
    func merged(_ classes: [String]? = nil) -> String? {
      message {
        _ = try mergeReports(
          reports.enumerated().map { index, text in { MemorySource(text, name: "\(index).json") } },
          classes: classes)
      }
    }
    #expect(merged()?.hasPrefix("1.json: the classes ") == true)
    #expect(merged()?.contains(" of 0.json differ only in \(way)") == true)
    if way != "the Unicode form of their letters" { #expect(merged([one, other]) == nil) }
  }

  @Test func reportsOfLettersInBothCasesAreMerged() throws {
    let table = "truth\tclass\na\ta\nA\ta\na\tA\n"
    let whole = try evaluate(MemorySource(table)).json.compactText()
    let part = try evaluate(MemorySource("truth\tclass\na\ta\n")).json.compactText()
    for reports in [[whole, part], [part, whole], [whole, whole]] {
      let merged = try mergeReports(reports.map { text in { MemorySource(text) } })
      #expect(merged.figures.classes.map(\.name) == ["A", "a"])
    }
  }
}

@Suite struct BaselineReportTests {
  private let table = "truth\tclass\na\ta\nb\ta\nb\tb\n"

  private func compare(
    _ table: String, with old: String, classes: [String]? = nil, oldClasses: [String]? = nil
  ) throws -> EvaluationReport {
    let text = try evaluate(MemorySource(old), classes: oldClasses).json.indentedText()
    let baseline = try Baseline(MemorySource(text, name: "old.json"), classes: classes)
    return try evaluate(
      MemorySource(table), classes: classes,
      gates: [
        Gate(.maximumDrop, parsing: "accuracy=0.5"), Gate(.maximumDrop, parsing: "classes.b.recall=0.5"),
      ],
      baseline: baseline)
  }

  @Test func aReportOfOtherClassesIsRefusedAsBaseline() {
    for other in [table.replacing("b", with: "x"), "truth\tclass\nx\tx\ny\ty\n"] {
      let text = message { _ = try compare(table, with: other) }
      #expect(text?.hasPrefix("old.json: its classes have 'x'") == true, "\(text ?? "")")
      #expect(text?.contains("lack") == true)
    }
    let spelt = message { _ = try compare(table, with: "truth\tclass\nA\tA\nB\tA\nB\tB\n") }
    #expect(spelt?.contains("differ only in case") == true)
    // If the numbers of records are equal, each side must have the true classes of the other.
    #expect(message { _ = try compare(table, with: "truth\tclass\na\ta\na\tb\na\tb\n") } == nil)
    #expect(message { _ = try compare(table, with: "truth\tclass\na\ta\na\ta\na\ta\n") } != nil)
  }

  @Test func predictionsOfFewerRecordsMayLackClasses() throws {
    let report = try compare(table, with: table + "c\tc\n")
    #expect(report.comparison?.records == 4)
  }

  @Test func givenNamesReplaceTheNumbersOfItsClasses() throws {
    let numbered = "truth\tclass\n0\t0\n1\t0\n1\t1\n"
    let difference = ClassDifference(found: ["0", "1"], wanted: ["a", "b"])
    #expect(throws: EvaluationError.baselineClasses(baseline: "old.json", difference)) {
      try compare(table, with: numbered)
    }
    let report = try compare(table, with: numbered, classes: ["a", "b"])
    #expect(report.gates[1].baseline == 0.5 && report.failures.isEmpty)
    let other = message { _ = try compare(table, with: "truth\tclass\nx\tx\n", classes: ["a", "b"]) }
    #expect(other?.hasPrefix("old.json: classes: 'x' is not one of the 2 classes") == true)
  }
}

@Suite struct FailedInOneTests {
  private let all = "name\ttruth\tclass\terror\nx\ta\ta\t\ny\ta\tb\t\nz\tb\tb\t\n"
  private let failed = "name\ttruth\tclass\terror\nx\ta\ta\t\ny\t\t\tno such file\nz\tb\ta\t\n"

  private func compare(_ new: String, with old: String, _ gates: [Gate] = []) throws -> EvaluationReport {
    let baseline = try Baseline(MemorySource(old, name: "old.tsv"))
    return try evaluate(MemorySource(new), gates: gates, baseline: baseline)
  }

  @Test func onlyRecordsThatBothAnsweredAreCompared() throws {
    let report = try compare(failed, with: all)
    let pairs = try #require(report.comparison?.pairs)
    #expect(pairs.fixed == 0 && pairs.broken == 1 && pairs.notCompared == 1)
    #expect(report.comparison?.records == 3 && report.figures.records == 2)
    #expect(report.text().contains("1 record not compared: only one of the two runs gave a prediction"))
    #expect(report.markdown().contains("1 record not compared"))
    let back = try #require(try compare(all, with: failed).comparison?.pairs)
    #expect(back.fixed == 1 && back.broken == 0 && back.notCompared == 1)
    #expect(try compare(failed, with: failed).comparison?.pairs?.notCompared == 0)
  }

  @Test func aReportIsAcceptedAndAForgedOneRefused() throws {
    for report in [try compare(failed, with: all), try compare(all, with: failed)] {
      let text = report.json.compactText()
      #expect(text.contains("\"not_compared\":1"))
      _ = try Baseline(MemorySource(text))
      for forged in ["0", "2", "-1", "99", "\"x\""] {
        let changed = text.replacing("\"not_compared\":1", with: "\"not_compared\":\(forged)")
        #expect(throws: EvaluationError.self) { try Baseline(MemorySource(changed)) }
      }
    }
  }

  @Test func recordsOfOneNameAreComparedByPosition() throws {
    let pairs = try compare(failed.replacing("z\t", with: "x\t"), with: all.replacing("z\t", with: "x\t"))
      .comparison?.pairs
    #expect(pairs?.broken == 1 && pairs?.notCompared == 1)
  }

  @Test func missingRecordsAreStillRefused() {
    let text = message { _ = try compare("name\ttruth\tclass\nx\ta\ta\n", with: failed) }
    #expect(text?.hasPrefix("old.tsv: 'z' is not among the predictions") == true)
  }

  @Test func aGateNoticesANewFailure() throws {
    let gate = try Gate(.maximumDrop, parsing: "unanswered=0")
    #expect(try !compare(failed, with: all, [gate]).failures.isEmpty)
    #expect(try compare(failed, with: failed, [gate]).failures.isEmpty)
  }
}

@Suite struct FigureEndTests {
  @Test func perfectPredictionsHaveAnMCCOfOne() throws {
    for count in [3, 7, 10, 13, 49] {
      let rows = (0..<count).map { String(repeating: "c\($0)\tc\($0)\n", count: $0 % 6 + 1) }.joined()
      let figures = try evaluate(MemorySource("truth\tclass\n" + rows)).figures
      #expect(figures.matthewsCorrelation == 1 && figures.kappa == 1)
    }
    let worst = try evaluate(MemorySource("truth\tclass\n" + String(repeating: "a\tb\nb\ta\n", count: 7)))
    #expect(worst.figures.matthewsCorrelation == -1)
  }

  @Test func limitsAllowForProbabilitiesRoundedToFloat() throws {
    let table = "truth\tclass\tprobability\tp:a\tp:b\na\ta\t0.9\t0.9\t0.1\nb\tb\t0.9\t0.1\t0.9\n"
    func passes(_ gate: String) throws -> Bool {
      let report = try evaluate(MemorySource(table), gates: [Gate(.maximum, parsing: gate)])
      if report.failures.isEmpty { #expect(!report.text().contains("0.0999")) }
      return report.failures.isEmpty
    }
    #expect(try passes("brier=0.02") && passes("ece=0.1") && passes("log_loss=0.10536051565782628"))
    #expect(try !passes("brier=0.019999") && !passes("ece=0.09999"))
  }

  @Test func gatesAcceptAClassNameAsPrinted() throws {
    let table = "truth\tclass\na\\tb\ta\\tb\nc\ta\\tb\n"
    let gates = try ["classes.a\\tb.recall=0.9", "classes.a\tb.recall=0.9"].map {
      try Gate(.minimum, parsing: $0)
    }
    let report = try evaluate(MemorySource(table), gates: gates)
    #expect(report.gates.map(\.value) == [1, 1])
  }

  @Test func aReportInPlaceOfPredictionsIsRecognised() throws {
    let report = try evaluate(MemorySource("truth\tclass\na\ta\n")).json
    for text in [report.compactText(), report.indentedText()] {
      let message = message { _ = try evaluate(MemorySource(text, name: "r.json")) }
      #expect(message?.hasPrefix("r.json: expected predictions, found a JSON report") == true)
    }
  }
}
