// If no true class is ever predicted, the two columns probably name classes differently, and figures mean nothing.
import ByteIO
import MemoryStreams
import Predictions
import Testing

@testable import Evaluation

@Suite struct ClassAgreementTests {
  private func disagreement(_ text: String, classes: [String]? = nil, truths: Truths? = nil)
    -> ClassDisagreement?
  {
    do {
      _ = try evaluate(MemorySource(text), classes: classes, truths: truths)
      return nil
    } catch EvaluationError.classesNeverMeet(_, _, _, let way) {
      return way
    } catch {
      Issue.record("\(error)")
      return nil
    }
  }

  @Test func numbersAgainstNamesAreRefusedInEveryFormat() throws {
    #expect(disagreement("truth\tclass\n9\tAnkle boot\n2\tPullover\n") == .numbersAndNames)
    #expect(disagreement("truth,class,probability\nBag,8,0.5\n") == .numbersAndNames)
    #expect(disagreement("{\"truth\":9,\"class\":\"Ankle boot\"}\n") == .numbersAndNames)
    #expect(disagreement("truth\tclass\n9.0\tBag\n") == .numbersAndNames)
    let truths = Truths(try TrueClasses(MemorySource("name,truth\nx,9\ny,2\n")))
    #expect(disagreement("name,class\nx,Bag\ny,Coat\n", truths: truths) == .numbersAndNames)
    #expect(
      message { _ = try evaluate(MemorySource("truth\tclass\n9\tBag\n")) }
        == "stdin: no predicted class is a true class; true: '9', predicted: 'Bag'")
  }

  @Test func namesWithNothingInCommonAreRefused() {
    #expect(disagreement("truth\tclass\ncat\tHund\ndog\tKatze\n") == .others)
    #expect(disagreement("truth\tclass\ncat\tCat\n") == .spelling)
    #expect(disagreement("truth\tclass\nhot dog\thot-dog\n") == .spelling)
    #expect(disagreement("truth\tclass\ncafe\u{301}\tcaf\u{E9}\n") == .spelling)
  }

  @Test func predictionsThatAreAllWrongAreJudged() {
    // One class each, a table of one command, known classes, nothing predicted, and one class in common.
    #expect(disagreement("truth\tclass\na\tb\na\tb\n") == nil)
    #expect(disagreement("truth\tclass\tprobability\na\tc\t0.5\nb\td\t0.5\n") == nil)
    #expect(disagreement("truth\tclass\na\tc\nb\td\n", classes: ["a", "b", "c", "d"]) == nil)
    #expect(disagreement("truth\tclass\n9\tBag\n", classes: ["Bag", "9"]) == nil)
    #expect(disagreement("truth\tclass\n9\t\n8\t\n") == nil)
    #expect(disagreement("truth\tclass\n1\t2\n3\t4\n2\t2\n") == nil)
  }

  @Test func baselinesAreCheckedToo() {
    #expect(throws: EvaluationError.self) {
      try Baseline(MemorySource("truth\tclass\n9\tBag\n"))
    }
  }
}

@Suite struct UnansweredTests {
  private let table = "name\tclass\tprobability\terror\nx\ta\t0.5\t\ny\t\t\tno such file\nz\tb\t0.5\t\n"
  private let truth = "name\ttruth\nx\ta\ny\tb\nz\tb\n"

  private func report(_ gates: [Gate] = []) throws -> EvaluationReport {
    try evaluate(MemorySource(table), truths: Truths(try TrueClasses(MemorySource(truth))), gates: gates)
  }

  @Test func filesWithoutAPredictionAreCountedSeparately() throws {
    let report = try report()
    #expect(report.figures.unanswered == 1 && report.figures.records == 2 && report.figures.accuracy == 1)
    #expect(report.json["unanswered"]?.integerValue == 1)
    #expect(report.text().contains("1 file gave no prediction"))
    #expect(report.markdown().contains("1 file gave no prediction"))
    #expect(report.csv().contains("\nunanswered,,1\n"))
    #expect(report.junit().contains("name=\"unanswered\" value=\"1\""))
  }

  @Test func aGateCanLimitTheirNumber() throws {
    #expect(try report([Gate(.maximum, parsing: "unanswered=1")]).failures.isEmpty)
    #expect(try !report([Gate(.maximum, parsing: "unanswered=0")]).failures.isEmpty)
  }

  @Test func mergingAddsTheirNumbers() throws {
    let text = try report().json.compactText()
    let sources = [text, text].map { text in { () throws -> any ByteSource in MemorySource(text) } }
    let merged = try mergeReports(sources)
    #expect(merged.figures.unanswered == 2)
    #expect(merged.notes.count == 1 && merged.notes[0].description.contains("the same contents"))
  }

  @Test func aTableWithoutAnyPredictionIsRefused() throws {
    let text = "name\tclass\tprobability\terror\ny\t\t\tno such file\n"
    #expect(throws: EvaluationError.allUnanswered(name: "stdin", count: 1)) {
      try evaluate(
        MemorySource(text), truths: Truths(try TrueClasses(MemorySource("name\ttruth\ny\tb\n"))))
    }
  }
}
