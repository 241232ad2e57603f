import ByteIO
import MemoryStreams
import Testing

@testable import Evaluation

@Suite struct ReportTests {
  private func report(_ text: String, gates: [Gate] = []) throws -> EvaluationReport {
    try evaluate(MemorySource(text), gates: gates)
  }

  /// Predictions for `classCount` classes. Every seventh record is wrong.
  private func sample(classCount: Int, prefix: String = "class ") -> String {
    (0..<classCount * 20).reduce(into: "truth\tclass\n") { text, record in
      let truth = record % classCount
      let predicted = record % 7 == 0 ? (truth + 1) % classCount : truth
      text += "\(prefix)\(truth)\t\(prefix)\(predicted)\n"
    }
  }

  @Test func theTextReportHasItsLayout() throws {
    let text = """
      truth	class	probability
      Bag	Bag	0.75
      Bag	Bag	0.5
      Bag	Coat	0.5
      Coat	Coat	1.0
      Coat		0.25

      """
    let gates = [
      try Gate(.minimum, parsing: "accuracy=0.6"), try Gate(.minimum, parsing: "classes.Coat.recall=0.9"),
    ]
    let expected = """
      Accuracy 60.00 %   3 of 5 right
        95 % interval 23.07 to 88.24 %
        1 without a class, less confident than requested

        macro F1  65.00 %      calibration error  0.0625
        kappa      0.3333
        MCC        0.3608

      Class          records  precision     recall         F1
      Coat                 2     50.0 %     50.0 %     50.0 %  ██████████
      Bag                  3    100.0 %     66.7 %     80.0 %  ████████████████
      macro mean                 75.0 %     58.3 %     65.0 %
      weighted mean              80.0 %     60.0 %     68.0 %

      Confusion matrix   rows: true classes, columns: predicted classes
                    Coat       Bag      none
      Coat             1         ·         1
      Bag              1         2         ·

      Most often confused
        Bag taken for Coat: 1 of 3 records, 33.3 %

      Gates   1 of 2 failed
        ✓ accuracy 0.6000, wanted at least 0.6
        ✗ classes.Coat.recall 0.5000, wanted at least 0.9

      """
    #expect(try report(text, gates: gates).text() == expected)
  }

  @Test(arguments: [2, 3, 10, 11, 12, 13, 25, 41, 200])
  func noLineIsWiderThanEightyColumns(classCount: Int) throws {
    for prefix in ["", "class ", "衣服 👟", String(repeating: "long ", count: 12)] {
      let text = try report(sample(classCount: classCount, prefix: prefix)).text()
      // Sentences about two classes grow with the names.
      let tables = text.split(separator: "\n").filter { !$0.contains(" taken for ") }
      #expect(tables.allSatisfy { displayedWidth(String($0)) <= 80 }, "\(classCount) \(prefix)")
    }
  }

  @Test func tenClassesShowAMatrixAndAHundredShowPairs() throws {
    #expect(try report(sample(classCount: 10)).text().contains("Confusion matrix"))
    let many = try report(sample(classCount: 100)).text()
    #expect(!many.contains("Confusion matrix"))
    #expect(many.contains(" taken for "))
    #expect(many.contains("the 20 of 100 classes with the lowest F1"))
  }

  @Test func coloursAppearOnlyOnRequest() throws {
    let report = try report(sample(classCount: 4), gates: [Gate(.minimum, parsing: "accuracy=0.1")])
    #expect(!report.text().contains("\u{1B}"))
    #expect(report.text(color: true).contains("\u{1B}[32m✓\u{1B}[0m"))
  }

  @Test func namesAreEscapedInEveryFormat() throws {
    let text = "truth,class\n\"a|b*<i>\",c\\x1b[31m\nc\\x1b[31m,c\\x1b[31m\n"
    let report = try report(text)
    #expect(!report.text().contains("\u{1B}"))
    #expect(report.text().contains("c\\x1b[31m"))
    #expect(report.markdown().contains(#"| a\|b\*\<i\> |"#))
    #expect(report.markdown().contains(#"c\\x1b\[31m"#))
    #expect(report.json.indentedText().contains(#""name": "c\u001b[31m""#))
  }

  /// Shares are in percent, as in the text report and on the page.
  @Test func markdownShowsFiguresAsTheTextReportDoes() throws {
    let text = "truth,class\nBag,Bag\nBag,Bag\nBag,Coat\nCoat,Coat\nCoat,\n"
    let settings = IntervalSettings(method: .bootstrap(Resampling(count: 100, seed: 1)))
    let report = try evaluate(MemorySource(text), settings: settings)
    let markdown = report.markdown()
    #expect(markdown.contains("\n| Macro F1 | 65.00 % |\n"), "\(markdown)")
    #expect(markdown.contains("\n| Cohen's kappa | 0.3333 |\n"), "\(markdown)")
    let interval = try #require(report.figures.bootstrap).macroF1
    let words = "\(percent(interval.lower, 2)) to \(percent(interval.upper, 2)) %"
    #expect(markdown.contains("\n| Macro F1, interval | \(words) |\n"), "\(markdown)")
    #expect(report.text().contains(", macro F1 \(words) (bootstrap)\n"), "\(report.text())")
    #expect(!markdown.contains("kappa, interval"))
  }

  @Test func markdownTablesHaveCompleteRows() throws {
    let markdown = try report(sample(classCount: 5), gates: [Gate(.maximum, parsing: "accuracy=0.1")])
      .markdown()
    #expect(markdown.contains("- ❌ accuracy "))
    // Every row of a table has as many cells as its header.
    var cellCount: Int?
    for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("|") else {
        cellCount = nil
        continue
      }
      let cells = line.count { $0 == "|" }
      #expect(cellCount == nil || cellCount == cells, "\(line)")
      cellCount = cells
    }
  }

  @Test func perfectPredictionsShowNoConfusions() throws {
    let text = try report("truth,class\na,a\nb,b\n").text()
    #expect(text.hasPrefix("Accuracy 100.00 %   2 of 2 right\n"))
    #expect(!text.contains("confused") && !text.contains("Confusion"))
  }
}

@Suite struct ReportNumberTests {
  @Test(arguments: [
    (1.0, "100.00"), (0.99999, "99.99"), (0.0, "0.00"), (0.000001, "0.01"), (0.92315, "92.32"),
  ])
  func onlyAShareOfOneIsAHundredPercent(share: Double, expected: String) {
    #expect(percent(share, 2) == expected)
  }

  @Test(arguments: [
    (1.0, "1.00"), (0.25, "0.25"), (0.0999, "0.10"), (0.042, "0.042"), (0.00026, "0.00026"),
    (2.9e-8, "2.9e-8"),
    (0.0, "0"), (1e-300, "1.0e-300"),
  ])
  func probabilitiesHaveTwoDigits(value: Double, expected: String) {
    #expect(shortProbability(value) == expected)
  }

  @Test func roundingDoesNotHideWhyAGateFails() {
    #expect(gateValue(0.89996, limit: 0.9) == "0.89996")
    #expect(gateValue(0.91234, limit: 0.9) == "0.9123")
    #expect(gateValue(0.9, limit: 0.9) == "0.9000")
    #expect(gateValue(12, limit: 13) == "12")
  }

  @Test(arguments: [(0.95, "95 %"), (0.999, "99.9 %"), (0.5, "50 %"), (0.6827, "68.27 %")])
  func confidencesKeepOnlyTheirSignificantDigits(share: Double, expected: String) {
    #expect(plainPercent(share) == expected)
  }
}
