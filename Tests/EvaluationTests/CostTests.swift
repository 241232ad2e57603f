// Compares the costs of answers and of the decisions of least expected cost with NumPy (Fixtures/make_score_cases.py).
import JSON
import MemoryStreams
import Predictions
import Testing

@testable import Evaluation

@Suite struct CostTests {
  private static let text = "truth,class,p:a,p:b\na,a,0.75,0.25\nb,a,0.625,0.375\nb,b,0.25,0.75\nb,,0.5,0.5\n"
  private static let table = "truth\ta\tb\na\t0\t1\nb\t10\t0\n"

  private func report(_ text: String, _ table: String, gates: [Gate] = []) throws -> EvaluationReport {
    var wanted = WantedFigures()
    wanted.costs = try CostTable(MemorySource(table, name: "costs.tsv"))
    return try evaluate(MemorySource(text), wanted: wanted, gates: gates)
  }

  @Test(arguments: ScoreCase.all.filter { $0.value["costs"] != nil })
  func costsMatchNumPy(_ stored: ScoreCase) throws {
    let costs = (stored.value["costs"]?.arrayValue ?? []).compactMap { numbers($0) }
    // The columns are in a different order from the classes.
    let columns = Array((0..<costs.count).reversed())
    let header = "any\t" + columns.map(String.init).joined(separator: "\t") + "\n"
    let rows = costs.enumerated().map { truth, row in
      "\(truth)\t" + columns.map { "\(row[$0])" }.joined(separator: "\t") + "\n"
    }
    let cost = try #require(try report(stored.reference.text, header + rows.joined()).figures.scores.cost)
    #expect(agree(cost.answers, stored.value["cost"]?.doubleValue, within: 1e-12))
    #expect(agree(cost.decisions, stored.value["cheapest"]?.doubleValue, within: 1e-12))
    let decisions = stored.reference.predictionRows.map {
      CostFigures.decision($0.probabilities.map(Double.init), costs.flatMap { $0 })
    }
    #expect(decisions == stored.value["decisions"]?.arrayValue?.compactMap(\.integerValue))
  }

  @Test func theCheapestDecisionAvoidsExpensiveMistakes() throws {
    // Taking a for b costs 1, b for a costs 10. The cheapest answer is a only if b is less likely than 1 in 11.
    let gates = try ["cost.answers=4", "cost.decisions=0.25"].map { try Gate(.maximum, parsing: $0) }
    let report = try report(Self.text, Self.table, gates: gates)
    #expect(report.figures.scores.cost?.answers == 10.0 / 3 && report.figures.scores.cost?.decisions == 0.25)
    #expect(report.gates.map(\.isPassed) == [true, true])
    #expect(
      report.text().contains(
        "Costs\n  3.3333 for an answer, on average\n  0.2500 if each answer were the class of the least expected cost\n"
      ))
    #expect(report.markdown().contains("Costs: 3.3333 for an answer, on average; 0.2500 if each answer were"))
    #expect(report.csv().contains("\ncost.decisions,,0.25\n"))
    #expect(report.json["cost"]?["answers"] == .double(10.0 / 3))
  }

  @Test func withoutProbabilitiesAndInMergedReportsOnlyAnswersHaveCosts() throws {
    let plain = try report("truth,class\na,a\nb,a\nb,b\n", Self.table)
    #expect(plain.json["cost"]?["answers"] == .double(10.0 / 3) && plain.json["cost"]?["decisions"] == nil)
    let stored = try report(Self.text, Self.table).json.compactText()
    let costs = try CostTable(MemorySource(Self.table))
    let merged = try mergeReports([{ MemorySource(stored) }, { MemorySource(stored) }], costs: costs)
    #expect(merged.json["cost"] == .object([.init("answers", .double(10.0 / 3))]))
    let lost = try mergeReports([{ MemorySource(stored) }])
    #expect(lost.json["cost"] == nil && lost.json["not_merged"]?["figures"] == .array([.string("cost")]))
  }

  @Test(arguments: [
    ("", "costs.tsv: expected costs as TSV"),
    ("truth\n", "costs.tsv: line 1: expected a word such as 'truth'"),
    ("truth,a,b\n", "costs.tsv: line 1: expected a word such as 'truth'"),
    ("truth\ta\ta\n", "costs.tsv: line 1: the class 'a' appears twice"),
    (
      "truth\ta\tb\na\t0\n",
      "costs.tsv: line 2: expected a true class and 2 costs, one for each column, found 1"
    ),
    ("truth\ta\tb\na\t0\tx\n", "costs.tsv: line 2, column b: expected a number of at most 1e100, found 'x'"),
    (
      "truth\ta\tb\na\t0\tnan\n",
      "costs.tsv: line 2, column b: expected a number of at most 1e100, found 'nan'"
    ),
    (
      "truth\ta\tb\na\t0\tinf\n",
      "costs.tsv: line 2, column b: expected a number of at most 1e100, found 'inf'"
    ),
    ("truth\ta\tb\na\t0\t1\na\t0\t1\n", "costs.tsv: line 3: the class 'a' appears twice"),
    ("truth\ta\tb\na\t0\t1\n", "costs.tsv: expected a row for the class 'b', found none; add one"),
    ("truth\ta\na\t0\nb\t1\n", "costs.tsv: expected a column for the class 'b', found none; add one"),
    ("truth\ta\tc\na\t0\t1\n", "costs.tsv: the predictions have no class 'c'; they have 'a', 'b'"),
    ("truth\ta\tb\na\t0\t1\nc\t0\t1\n", "costs.tsv: the predictions have no class 'c'; they have 'a', 'b'"),
  ])
  func malformedTablesAreRefused(table: String, words: String) {
    let found = message { _ = try report(Self.text, table) }
    #expect(found?.hasPrefix(words) == true, "\(found ?? "nothing")")
  }

  @Test func negativeCostsAreGains() throws {
    let gains = try report(Self.text, "\ta\tb\na\t-2\t0\nb\t0\t-1\n")
    #expect(gains.figures.scores.cost?.answers == -1)
  }
}
