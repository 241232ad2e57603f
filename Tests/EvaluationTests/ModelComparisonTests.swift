// Compares many models on the same records, and corrects the probabilities for the number of tests.
import ByteIO
import MemoryStreams
import Predictions
import Testing

@testable import Evaluation

@Suite struct ModelComparisonTests {
  /// The expected values are from `statsmodels.stats.multitest.multipletests(p, method="holm")` and R's
  /// `p.adjust(p, "holm")`.
  @Test(
    arguments: [
      ([], []), ([0.5], [0.5]), ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
      ([0.9, 0.8, 0.7], [1, 1, 1]), ([0.02, 0.02, 0.02], [0.06, 0.06, 0.06]),
      ([0, 1, 0.5], [0, 1, 1]), ([0.001, 0.2, 0.6, 0.011, 0.012], [0.005, 0.4, 0.6, 0.044, 0.044]),
    ] as [([Double], [Double])])
  func probabilitiesAreCorrectedByHolmsMethod(_ probabilities: [Double], _ expected: [Double]) {
    let corrected = holmCorrected(probabilities)
    #expect(zip(corrected, expected).allSatisfy { abs($0 - $1) < 1e-12 } && corrected.count == expected.count)
  }

  /// Predictions for 200 records. Every `step`-th is wrong, beginning with the first.
  private func predictions(wrongEvery step: Int) -> String {
    (0..<200).reduce(into: "truth\tclass\n") { text, record in
      let truth = record % 3
      text += "\(truth)\t\(record % step == 0 ? (truth + 1) % 3 : truth)\n"
    }
  }

  private func compare(_ texts: [String]) throws -> ModelComparison {
    try ModelComparison(texts.map { text in { MemorySource(text) } })
  }

  @Test func eachIsComparedWithTheFirstAsInFMEval() throws {
    let texts = [3, 10, 7, 2].map { predictions(wrongEvery: $0) }
    let comparison = try compare(texts)
    #expect(comparison.models.count == 4 && comparison.notes.isEmpty)
    #expect(comparison.models[0].pairs == nil && comparison.models[0].correctedProbability == nil)
    let baseline = try Baseline(MemorySource(texts[0]))
    var probabilities: [Double] = []
    for (text, model) in zip(texts, comparison.models) {
      let report = try evaluate(MemorySource(text), baseline: baseline)
      #expect(model.records == 200 && model.correct == report.figures.correct)
      #expect(model.interval == report.figures.accuracyInterval)
      if model != comparison.models[0] {
        #expect(model.pairs == report.comparison?.pairs)
        probabilities.append(try #require(model.pairs).probability)
      }
    }
    #expect(comparison.models.dropFirst().map(\.correctedProbability) == holmCorrected(probabilities))
  }

  @Test func theTableHasALineForEachModel() throws {
    let table = try compare([predictions(wrongEvery: 2), predictions(wrongEvery: 4)]).table
    let lines = table.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    #expect(lines.count == 3 && lines.allSatisfy { $0.count == 10 })
    #expect(lines[1][1...3] == ["200", "100", "0.5"] && lines[1][6...].allSatisfy(\.isEmpty))
    #expect(lines[2][1...3] == ["200", "150", "0.75"] && lines[2][6...7] == ["50", "0"])
    // The probability is 2 · 2⁻⁵⁰, and one test needs no correction.
    #expect(lines[2][8] == lines[2][9] && abs(Double(lines[2][8])! / 0x1p-49 - 1) < 1e-12)
  }

  @Test func aNoteSaysThatReportsAreNotTested() throws {
    let texts = [3, 5].map { predictions(wrongEvery: $0) }
    let report = try evaluate(MemorySource(texts[1])).json.indentedText()
    let comparison = try compare([texts[0], report, texts[1]])
    #expect(comparison.models[1].correct == comparison.models[2].correct)
    #expect(comparison.models[1].pairs == nil && comparison.models[2].pairs != nil)
    #expect(comparison.models[2].correctedProbability == comparison.models[2].pairs?.probability)
    #expect(comparison.notes == [.reportAmongModels(name: "stdin", first: "stdin")])
    #expect(comparison.notes[0].description == "stdin: a report does not describe single records")
    #expect(try compare([report, texts[0]]).models.map { $0.pairs == nil } == [true, true])
  }

  /// A report of `fm-eval --baseline FIRST --format json` contains the result of its test.
  @Test func aReportWithTheFirstAsItsBaselineKeepsItsTest() throws {
    let texts = [3, 5, 7].map { predictions(wrongEvery: $0) }
    let first = try Baseline(MemorySource(texts[0]))
    let beside = try texts.dropFirst().map {
      try evaluate(MemorySource($0), baseline: first).json.indentedText()
    }
    let direct = try compare(texts)
    for start in [texts[0], try evaluate(MemorySource(texts[0])).json.indentedText()] {
      let comparison = try compare([start] + beside)
      #expect(comparison.models == direct.models)
      #expect(comparison.notes.count == (start == texts[0] ? 0 : 1))
    }
    // A comparison with another baseline is not used.
    let other = try compare([texts[1], beside[1]])
    #expect(other.models[1].pairs == nil && other.notes.count == 1)
  }

  @Test func otherRecordsAreRefused() throws {
    let long = predictions(wrongEvery: 3)
    let short =
      long.split(separator: "\n", omittingEmptySubsequences: false).prefix(101).joined(separator: "\n") + "\n"
    #expect(message { _ = try compare([long, short]) }?.contains("are not among the predictions") == true)
    let report = try evaluate(MemorySource(short)).json.indentedText()
    #expect(
      message { _ = try compare([long, report]) }
        == "stdin: expected 200 records, as many as in stdin, found 100; models are compared on the same"
        + " records")
  }
}
