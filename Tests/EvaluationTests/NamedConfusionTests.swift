import Foundation
import MemoryStreams
import Testing

@testable import Evaluation

@Suite struct NamedConfusionTests {
  private static let predictions = """
    truth	class	probability
    Bag	Bag	0.75
    Bag	Bag	0.5
    Bag	Coat	0.55
    Coat	Coat	1.0
    Coat		0.25
    Coat	Coat	0.0

    """

  private func confusion(_ text: String) throws -> NamedConfusion {
    try NamedConfusion(MemorySource(text, name: "report.json"))
  }

  @Test func aReportHasTheMatrixOfItsPredictions() throws {
    let report = try evaluate(MemorySource(Self.predictions)).json.indentedText()
    let confusion = try confusion(report)
    #expect(try confusion == self.confusion(Self.predictions))
    #expect(confusion.names == ["Coat", "Bag"])
    #expect(confusion.matrix[1, 0] == 1 && confusion.matrix.abstained == [1, 0])
  }

  @Test func givenNamesApplyToAReport() throws {
    let numbered = Self.predictions.replacing("Bag", with: "0").replacing("Coat", with: "1")
    let report = try evaluate(MemorySource(numbered)).json.indentedText()
    func confusion(_ classes: [String]?, _ titles: [String]? = nil) throws -> NamedConfusion {
      try NamedConfusion(MemorySource(report, name: "report.json"), classes: classes, titles: titles)
    }
    let named = try confusion(["Bag", "Coat", "Shirt"])
    #expect(named.names == ["Bag", "Coat", "Shirt"])
    #expect(named.matrix[0, 1] == 1 && named.matrix.abstained == [0, 1, 0])
    let few = message { _ = try confusion(["Bag"]) }
    #expect(
      few == "report.json: classes: '1' is not one of the 1 classes that were given", "\(few ?? "")")
    let titled = message { _ = try confusion(nil, ["truth", "class"]) }
    #expect(titled == "report.json: the columns that were given are for TSV or CSV, but this is a report")
  }

  @Test(arguments: [
    (#""records": 6"#, #""records": 7"#), (#""support": 3"#, #""support": 4"#),
    (#""support": 3"#, #""support": -3"#),
    (#""support": 3"#, #""support": 9223372036854775807"#), (#""confusion""#, #""confusions""#),
    (#""name": "Bag""#, #""name": 1"#), (#""classes""#, #""Classes""#),
    ("[1,2]", "[1,9223372036854775807]"), ("[1,2]", "[1,-2]"), ("[1,2]", "[1,2.5]"), ("[1,2]", "[1,[2]]"),
    ("[1,2]", "[1]"), ("[1,2]", "7"),
  ])
  func inconsistentReportsAreRefused(_ part: String, _ replacement: String) throws {
    let report = try evaluate(MemorySource(Self.predictions)).json.compactText()
    // Compact text has no blanks.
    let part = part.replacing(": ", with: ":")
    let replacement = replacement.replacing(": ", with: ":")
    let place = try #require(report.range(of: part, options: .backwards))
    let damaged = report.replacingCharacters(in: place, with: replacement)
    let text = message { _ = try confusion(damaged) }
    #expect(text?.hasPrefix("report.json: ") == true, "\(text ?? "nothing")")
    #expect(text?.contains(": expected ") == true, "\(text ?? "nothing")")
  }

  @Test func theBinsGiveTheCalibrationError() throws {
    let figures = try evaluate(MemorySource(Self.predictions)).figures
    let bins = figures.calibrationBins
    #expect(bins.count == 15)
    #expect(bins.map(\.count).reduce(0, +) == 5)
    // 0.0 is in the first bin, 0.5 in the bin that ends at 8/15, 0.55 in the next, 0.75 in the bin that ends at 12/15,
    // and 1.0 in the last.
    #expect(bins.indices.filter { bins[$0].count > 0 } == [0, 7, 8, 11, 14])
    #expect(bins.map(\.correct).reduce(0, +) == 4)
    let error = bins.reduce(0) { $0 + Double($1.count) * abs($1.accuracy - $1.meanProbability) } / 5
    #expect(abs(error - figures.calibrationError!) <= 1e-12)
    #expect(try evaluate(MemorySource("truth\tclass\na\ta\n")).figures.calibrationBins.isEmpty)
  }
}
