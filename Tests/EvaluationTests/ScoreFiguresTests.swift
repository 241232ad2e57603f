// Compares areas and coverage with scikit-learn and NumPy (Fixtures/make_score_cases.py), and tests small cases.
import ByteIO
import Foundation
import JSON
import MemoryStreams
import Testing

@testable import Evaluation

/// A stored case with the figures that scikit-learn and NumPy compute.
struct ScoreCase: CustomTestStringConvertible, Sendable {
  let reference: ReferenceCase
  let value: JSONValue

  var testDescription: String { reference.testDescription }

  static let all: [ScoreCase] = {
    do {
      let url = try #require(Bundle.module.url(forResource: "Fixtures/score_cases", withExtension: "json"))
      let values = try JSONValue(parsing: [UInt8](Data(contentsOf: url))).arrayValue ?? []
      return zip(ReferenceCase.all, values).map(ScoreCase.init)
    } catch {
      fatalError("the stored cases cannot be read: \(error)")
    }
  }()
}

/// The numbers of a list, or `nil` if the value is not a list.
func numbers(_ value: JSONValue?) -> [Double]? { value?.arrayValue?.compactMap(\.doubleValue) }

/// Whether both have lists at the same places, and their numbers differ by at most `tolerance`.
func agree(_ found: [[Double]?], _ expected: [[Double]?], within tolerance: Double) -> Bool {
  found.count == expected.count
    && zip(found, expected).allSatisfy { found, expected in
      guard let found, let expected else { return found == nil && expected == nil }
      return agree(found, expected, within: tolerance)
    }
}

@Suite struct ScoreFiguresTests {
  private func figures(_ text: String, accuracy: Double? = nil) throws -> Figures {
    var wanted = WantedFigures()
    (wanted.areas, wanted.coverage, wanted.accuracyToCover) = (true, true, accuracy)
    return try evaluate(MemorySource(text), wanted: wanted).figures
  }

  @Test func allStoredCasesHaveFigures() {
    #expect(ScoreCase.all.count == ReferenceCase.all.count)
    #expect(ScoreCase.all.allSatisfy { $0.value["name"] == $0.reference.value["name"] })
  }

  @Test(arguments: ScoreCase.all)
  func areasMatchScikitLearn(_ stored: ScoreCase) throws {
    let areas = try #require(try figures(stored.reference.text).scores.areas)
    func pair(_ areas: AreaFigures.Areas?) -> [Double]? { areas.map { [$0.roc, $0.averagePrecision] } }
    let expected = (stored.value["areas"]?.arrayValue ?? []).map { numbers($0) }
    #expect(expected.count == stored.reference.classCount)
    #expect(agree(areas.classes.map(pair), expected, within: 1e-12))
    #expect(agree([pair(areas.macro)], [numbers(stored.value["macro"])], within: 1e-12))
    #expect(areas.meanCount == expected.count { $0 != nil })
  }

  @Test(arguments: ScoreCase.all)
  func coverageMatchesNumPy(_ stored: ScoreCase) throws {
    let expected = try #require(stored.value["coverage"])
    let wanted = try #require(expected["wanted"]?.doubleValue)
    let coverage = try #require(try figures(stored.reference.text, accuracy: wanted).scores.coverage)
    #expect(agree(coverage.area, expected["area"]?.doubleValue, within: 1e-12))
    func list(_ point: CoverageFigures.Point?) -> [Double]? {
      point.map { [$0.coverage, $0.accuracy, Double($0.threshold)] }
    }
    let points = (expected["points"]?.arrayValue ?? []).map { numbers($0) }
    #expect(points.count == 6 && agree(coverage.points.map(list), points, within: 1e-12))
    #expect(agree([list(coverage.reached)], [numbers(expected["reached"])], within: 1e-12))
  }

  @Test func theOrderOfRecordsDoesNotMatter() throws {
    // Each of three confidences is shared by several records, some right and some wrong.
    let rows = (0..<60).map { record in
      let (score, truth) = (["0.5,0.5", "0.75,0.25", "0.875,0.125"][record % 3], record % 7 < 4 ? "a" : "b")
      return "\(truth),a,\(score)\n"
    }
    let header = "truth,class,p:a,p:b\n"
    let one = try figures(header + rows.joined(), accuracy: 0.5)
    let other = try figures(header + rows.reversed().joined(), accuracy: 0.5)
    #expect(one == other && one.scores.coverage?.area != nil)
  }

  @Test func recordsOfEqualConfidenceAreAnsweredTogether() throws {
    // Six of ten records share a confidence. A coverage above 40 % needs all of them.
    let sure = String(repeating: "a,a,0.75\n", count: 4)
    let unsure = String(repeating: "a,a,0.5\n", count: 3) + String(repeating: "b,a,0.5\n", count: 3)
    let coverage = try #require(
      try figures("truth,class,probability\n" + unsure + sure, accuracy: 0.9).scores.coverage)
    let all = CoverageFigures.Point(threshold: 0.5, coverage: 1, accuracy: 0.7)
    #expect(coverage.points == [CoverageFigures.Point?](repeating: all, count: 6))
    #expect(coverage.reached == CoverageFigures.Point(threshold: 0.75, coverage: 0.4, accuracy: 1))
    // Six of ten answers have a risk of 0.3, four a risk of 0.
    #expect(agree(coverage.area, 0.18, within: 1e-15))
  }

  @Test func recordsWithoutAClassAreNeverCovered() throws {
    let text = "truth,class,probability\na,a,0.75\na,a,0.625\nb,a,0.5\nb,,0.25\n"
    let coverage = try #require(try figures(text).scores.coverage)
    #expect(coverage.points[..<4] == [nil, nil, nil, nil])
    #expect(coverage.points[4] == nil)
    #expect(coverage.points[5] == CoverageFigures.Point(threshold: 0.625, coverage: 0.5, accuracy: 1))
  }

  @Test func logarithmsRankProbabilitiesThatRoundToOne() throws {
    // e^-1e-9 and e^-1e-10 are 1 in Float.
    let rows = ["a,a,-1e-10,-23", "b,a,-1e-9,-20.7", "b,b,-12,-6.1442e-06"]
    let areas = try #require(
      try figures("truth,class,log_p:a,log_p:b\n" + rows.map { $0 + "\n" }.joined()).scores.areas)
    #expect(areas.classes.map { $0?.roc } == [1, 1])
  }

  @Test func figuresNotRequestedOrNotAvailableAreAbsent() throws {
    let text = "truth,class,p:a,p:b\na,a,0.75,0.25\nb,a,0.5,0.5\n"
    let plain = try evaluate(MemorySource(text))
    #expect(plain.figures.scores == ScoreFigures() && plain.notes.isEmpty)
    var wanted = WantedFigures()
    (wanted.areas, wanted.coverage) = (true, true)
    let report = try evaluate(MemorySource("truth,class\na,a\nb,a\n", name: "t.csv"), wanted: wanted)
    #expect(report.figures.scores == ScoreFigures())
    #expect(report.notes.count == 2 && report.notes[0] == .noAreas(name: "t.csv"))
    #expect(report.json == (try evaluate(MemorySource("truth,class\na,a\nb,a\n"))).json)
  }
}

@Suite struct ScoreReportTests {
  private static let text =
    "truth,class,p:a,p:b,p:c\na,a,0.75,0.25,0\nb,a,0.5,0.375,0.125\nb,b,0.25,0.75,0\na,b,0.25,0.5,0.25\n"

  private func report(gates: [Gate] = [], baseline: Baseline? = nil) throws -> EvaluationReport {
    var wanted = WantedFigures()
    (wanted.areas, wanted.coverage, wanted.accuracyToCover) = (true, true, 0.75)
    return try evaluate(MemorySource(Self.text), wanted: wanted, gates: gates, baseline: baseline)
  }

  @Test func theTablesHaveTheirLayout() throws {
    let text = try report().text()
    let expected = """
      Against the rest           ROC area  average precision
      a                            0.6250             0.7500
      b                            0.7500             0.8333
      c                                 ·                  ·
      macro mean                   0.6875             0.7917
      the mean is over 2 of 3 classes; the others have no records, or all

      Coverage   risk over coverage: an area of 0.2500
          answered     right   probability
          100.00 %   50.00 %   0.5 or more
          100.00 %   50.00 %   0.5 or more
          100.00 %   50.00 %   0.5 or more
          100.00 %   50.00 %   0.5 or more
          100.00 %   50.00 %   0.5 or more
           50.00 %  100.00 %   0.75 or more
        75 % right: 50.00 % of the records, of probability 0.75 or more

      """
    #expect(text.contains(expected), "\(text)")
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    let markdown = try report().markdown()
    #expect(markdown.contains("| a | 0.6250 | 0.7500 |") && markdown.contains("| c |  |  |"))
    #expect(markdown.contains("| 50.00 % | 100.00 % | 0.75 or more |"))
    #expect(markdown.contains("Area under the risk-coverage curve: 0.2500; 75 % right: 50.00 %"))
    let csv = try report().csv()
    for line in [
      "macro.roc_auc,,0.6875", "roc_auc,a,0.625", "aurc,,0.25", "coverage.50.accuracy,,1.0",
      "coverage_at.threshold,,0.75", "areas.macro_classes,,2",
    ] { #expect(csv.contains("\n\(line)\n"), "\(line) in \(csv)") }
  }

  @Test func noLineIsWiderThanEightyColumns() throws {
    var wanted = WantedFigures()
    (wanted.areas, wanted.coverage, wanted.accuracyToCover) = (true, true, 0.999999)
    for classCount in [2, 12, 60] {
      let names = (0..<classCount).map { "a class whose name is long enough to fill the line, number \($0)" }
      // The true class has a probability of two thirds, except in every seventh record.
      let rows = (0..<200).map { record in
        let (truth, predicted) = (record % classCount, record % 7 == 0 ? 0 : record % classCount)
        let rest = Float(1) / 3 / Float(classCount - 1)
        let shares = (0..<classCount).map { "\($0 == predicted ? Float(2) / 3 : rest)" }
        return "\(names[truth])\t\(names[predicted])\t\(shares.joined(separator: "\t"))\n"
      }
      let header = "truth\tclass\t" + names.map { "p:\($0)" }.joined(separator: "\t") + "\n"
      let text = try evaluate(MemorySource(header + rows.joined()), wanted: wanted).text()
      let lines = text.split(separator: "\n").filter { !$0.contains(" taken for ") }
      #expect(lines.allSatisfy { displayedWidth(String($0)) <= 80 }, "\(text)")
      #expect(
        text.contains("\nAgainst the rest ")
          && text.contains("\n  99.9999 % right: no threshold reaches that\n"))
      #expect(text.contains("the 20 of 60 classes with the lowest average precision") == (classCount == 60))
    }
  }

  @Test func withoutAnswersNoCurveIsReported() throws {
    var wanted = WantedFigures()
    wanted.coverage = true
    let report = try evaluate(MemorySource("truth,class,probability\na,,0.5\nb,,0.5\n"), wanted: wanted)
    #expect(report.text().contains("\nCoverage   no record has an answer\n"))
    #expect(report.json["aurc"] == nil && report.json["coverage"] == nil)
    #expect(!report.markdown().contains("risk"))
  }

  @Test func onlyAPerfectAreaIsPrintedAsOne() throws {
    // One of 200 · 200 pairs is in the wrong order.
    let rows =
      String(repeating: "a,a,0.75,0.25\n", count: 199) + "a,a,0.5625,0.4375\nb,a,0.625,0.375\n"
      + String(repeating: "b,b,0.25,0.75\n", count: 199)
    var wanted = WantedFigures()
    wanted.areas = true
    let report = try evaluate(MemorySource("truth,class,p:a,p:b\n" + rows), wanted: wanted)
    #expect(report.figures.scores.areas?.classes[0]?.roc == 1 - 1.0 / 40_000)
    #expect(
      report.text().contains("a                            0.9999") && !report.text().contains("1.0000"))
    #expect(report.markdown().contains("| a | 0.9999 |"))
  }

  @Test func gatesRequestTheirFigures() throws {
    let gates = try [
      "macro.roc_auc=0.6875", "classes.a.average_precision=0.7", "coverage.50.accuracy=1", "top_k.2=0.8",
    ].map { try Gate(.minimum, parsing: $0) }
    let judged = try evaluate(MemorySource(Self.text), gates: gates)
    #expect(judged.gates.map(\.isPassed) == [true, true, true, true])
    #expect(
      try !evaluate(MemorySource(Self.text), gates: [Gate(.maximum, parsing: "aurc=0.2")]).failures.isEmpty)
    #expect(
      try evaluate(MemorySource(Self.text), gates: [Gate(.maximum, parsing: "aurc=0.25")]).failures.isEmpty)
    // A drop of an area is judged against predictions and against a report.
    var wanted = WantedFigures()
    wanted.areas = true
    let better =
      "truth,class,p:a,p:b,p:c\na,a,0.75,0.25,0\nb,b,0.25,0.75,0\nb,b,0.25,0.75,0\na,a,0.5,0.25,0.25\n"
    let drop = try Gate(.maximumDrop, parsing: "macro.roc_auc=0.1")
    let before = try Baseline(MemorySource(better), wanted: wanted)
    #expect(try report(gates: [drop], baseline: before).gates[0].baseline == 1)
    #expect(try !report(gates: [drop], baseline: before).failures.isEmpty)
    let stored = try evaluate(MemorySource(better), wanted: wanted).json.compactText()
    let earlier = try Baseline(MemorySource(stored))
    #expect(try !report(gates: [drop], baseline: earlier).failures.isEmpty)
  }

  @Test(arguments: [
    ("classes.c.roc_auc=0.5", "records of the class and of others"),
    ("coverage_at.coverage=0.5", "it needs an accuracy to reach"),
  ])
  func gatesOnAbsentFiguresCannotBeJudged(gate: String, words: String) throws {
    let message = message {
      _ = try evaluate(MemorySource(Self.text), gates: [Gate(.minimum, parsing: gate)])
    }
    #expect(message?.contains(words) == true, "\(message ?? "nothing")")
  }

  @Test(arguments: [
    ("top5=0.99", "top_k.5"), ("top-3=0.9", "top_k.3"), ("Top_K.5=0.9", "top_k.5"), ("top@2=0.9", "top_k.2"),
    ("roc-auc=0.9", "macro.roc_auc"), ("coverage=0.9", nil), ("top99=0.9", nil),
    ("coverage.97.accuracy=0.9", nil),
  ])
  func nearlyRightNamesAreCorrected(gate: String, meant: String?) throws {
    let error = try #require(throws: GateSyntaxError.self) { try Gate(.minimum, parsing: gate) }
    #expect(error.description.contains(meant.map { "did you mean '\($0)'?" } ?? "; there are accuracy, "))
  }

  @Test func mergedReportsNameTheFiguresTheyLack() throws {
    let part = try report().json.indentedText()
    let merged = try mergeReports([{ MemorySource(part) }])
    #expect(
      merged.notes.map(\.description) == [
        "roc_auc, average_precision, aurc, coverage, coverage_at: not in the merged report: they need every score,"
          + " and reports hold sums: judge all predictions together"
      ])
    let plain = try mergeReports([{ MemorySource(try! evaluate(MemorySource(Self.text)).json.compactText()) }]
    )
    #expect(plain.notes.isEmpty && plain.json["not_merged"] == nil)
    #expect(merged.json["not_merged"]?["figures"]?.arrayValue?.count == 5)
    #expect(merged.json["aurc"] == nil && merged.json["macro"]?["roc_auc"] == nil)
    #expect(
      merged.text().contains("\n  not merged, because reports hold no scores: areas, coverage\n"))
    #expect(merged.markdown().contains("; not merged, because reports hold no scores: areas, coverage"))
    // A merged report can be merged again.
    let again = merged.json.compactText()
    #expect(try mergeReports([{ MemorySource(again) }]).json == merged.json)
    #expect(
      message {
        _ = try mergeReports([{ MemorySource(part) }], gates: [Gate(.minimum, parsing: "macro.roc_auc=0.5")])
      }?.contains("merged reports have none") == true)
  }

  @Test(arguments: [
    (#""roc_auc":0.6875"#, #""roc_auc":0.9"#), (#""roc_auc":0.625"#, #""roc_auc":1.5"#),
    (#""roc_auc":0.6875"#, #""other":0.9"#), (#""macro_classes":2"#, #""macro_classes":3"#),
    (#""aurc":0.25"#, #""aurc":-1"#),
    (#""accuracy":1.0,"coverage":0.5"#, #""accuracy":1.5,"coverage":0.5"#),
    (#""accuracy":1.0,"coverage":0.5"#, #""accuracy":1.0,"coverage":0.4"#),
    (#""accuracy":0.5,"coverage":1.0"#, #""accuracy":0.75,"coverage":1.0"#),
    (#""accuracy":0.5,"coverage":1.0"#, #""accuracy":0.5,"coverage":2"#),
  ])
  func forgedScoresAreNoticed(part: String, replacement: String) throws {
    let text = try report().json.compactText()
    _ = try Baseline(MemorySource(text))
    let place = try #require(text.firstRange(of: part), "\(text)")
    let forged = text.replacingCharacters(in: place, with: replacement)
    let message = message { _ = try Baseline(MemorySource(forged, name: "r.json")) }
    #expect(message?.hasPrefix("r.json: ") == true, "\(part): \(replacement)")
  }
}
