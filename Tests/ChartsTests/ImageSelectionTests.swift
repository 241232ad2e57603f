import ByteIO
import MemoryStreams
import TensorStream
import Testing

@testable import Charts

@Suite struct ImageSelectionTests {
  private static let named = ["a", "b", "c\td", "e"].map { Array($0.utf8) }

  @Test func theFirstImagesAreTakenAndTheWholeStreamIsRead() throws {
    let images = try ImageSelection(try stream(5, labels: [0, 1, 0, 1, 0], classes: ["x", "y"]), count: 2)
    #expect(images.images.map(\.number) == [0, 1])
    #expect(images.images[1].pixels == [6, 7, 8, 9, 10, 11])
    #expect(images.recordCount == 5)
    #expect(images.classes == ["x", "y"])
  }

  @Test func aSelectionIsInTheOrderOfItsTable() throws {
    let rows = "record\ttruth\tclass\tprobability\n3\ty\tx\t0.5\n0\tx\ty\t0.25\n"
    let selection = try RecordSelection(table(rows), limit: 10)
    let images = try ImageSelection(try stream(4, labels: [0, 1, 0, 1]), select: selection)
    #expect(images.images.map(\.number) == [3, 0])
    #expect(images.images.map { $0.note?.predicted } == ["x", "y"])
    let first = try ImageSelection(try stream(4), select: try RecordSelection(table(rows), limit: 1))
    #expect(first.images.map(\.number) == [3])
    let none = try RecordSelection(table("record\ttruth\tclass\n"), limit: 10)
    #expect(try ImageSelection(try stream(4), select: none).images.isEmpty)
  }

  @Test func recordsAreFoundByNameIfBothSidesHaveNames() throws {
    // The numbers of the records are those of another stream.
    let rows = "record\tname\tclass\n7\tc\\td\tx\n0\ta\tx\n"
    let selection = try RecordSelection(table(rows), limit: 10)
    let images = try ImageSelection(try stream(4, names: Self.named), select: selection)
    #expect(images.images.map(\.number) == [2, 0])
    // In a stream without names, records are found by number.
    let numbered = try RecordSelection(table("record\tname\tclass\n3\tz\tx\n"), limit: 10)
    #expect(try ImageSelection(try stream(4), select: numbered).images.map(\.number) == [3])
  }

  @Test(arguments: [
    ("record\tclass\n4\tx\n9\tx\n", "table.tsv: 2 records, such as record 4, are not in data.raw"),
    ("record\tclass\n1\tx\n1\tx\n", "record 1 comes twice"),
    ("record\tclass\n-1\tx\n", "line 2, column record"),
    ("class\nx\n", "expected a column 'record' or 'name'"), ("name\tclass\nq\tx\n", "have no names"),
  ])
  func aSelectionThatDoesNotFitTheStreamIsRefused(_ rows: String, _ words: String) throws {
    let text = message {
      _ = try ImageSelection(try stream(4), select: try RecordSelection(table(rows), limit: 10))
    }
    #expect(text?.contains(words) == true, "\(text ?? "nothing")")
  }

  @Test func repeatedNamesAreAmbiguous() throws {
    let selection = try RecordSelection(table("name\tclass\na\tx\n"), limit: 10)
    let twice = ["a", "b", "a"].map { Array($0.utf8) }
    let text = message { _ = try ImageSelection(try stream(3, names: twice), select: selection) }
    #expect(text?.contains("data.raw: two records are named 'a'") == true)
  }

  @Test func tooManyImagesAreRefused() throws {
    #expect(try ImageSelection(try stream(ImageSelection.limit)).images.count == 4096)
    let text = message { _ = try ImageSelection(try stream(ImageSelection.limit + 1)) }
    #expect(text?.contains("at most 4,096") == true)
  }

  // MARK: Predictions

  private func noted(_ rows: String, names: [[UInt8]]? = nil, labels: [UInt8]? = nil) throws -> [Caption] {
    var images = try ImageSelection(
      try stream(4, labels: labels, names: names, classes: labels == nil ? nil : ["x", "y"]), count: 2)
    try images.note(table(rows))
    return images.images.map { Caption($0, classes: images.classes) }
  }

  @Test func predictionsAreJoinedByNameNumberOrOrder() throws {
    let byOrder = try noted("truth\tclass\tprobability\nx\ty\t0.5\nx\tx\t0.75\ny\tx\t1\nx\tx\t1\n")
    #expect(byOrder.map(\.answer) == ["→ y 50 %", "→ x 75 %"])
    #expect(byOrder.map(\.isRight) == [false, true])
    let byNumber = try noted("record\ttruth\tclass\n1\tx\tx\n0\tx\ty\n")
    #expect(byNumber.map(\.answer) == ["→ y", "→ x"])
    let byName = try noted("name\tclass\ne\ty\nb\tx\na\t\n", names: Self.named, labels: [0, 1, 1, 0])
    #expect(byName.map(\.answer) == ["→ no class", "→ x"])
    #expect(byName.map(\.isRight) == [false, false])
    #expect(byName.map(\.truth) == ["x", "y"])
  }

  @Test(arguments: [
    ("class\nx\nx\nx\n", "expected a prediction for each of the 4 records of data.raw, found 3"),
    ("record\tclass\n1\tx\n", "table.tsv: has no prediction for record 0 of data.raw"),
    ("record\tclass\n0\tx\n1\tx\n1\tx\n", "record 1 comes twice"),
    (
      "record\ttruth\tclass\n0\tx\tx\n1\tx\tx\n",
      "line 3: the true class of record 1 is 'x' here, but 'y' in data.raw"
    ),
  ])
  func predictionsOfAnotherStreamAreRefused(_ rows: String, _ words: String) throws {
    let text = message { _ = try noted(rows, labels: [0, 1, 0, 1]) }
    #expect(text?.contains(words) == true, "\(text ?? "nothing")")
  }

  // MARK: Classes of other streams

  private static let wrongClasses: [(rows: String, classes: [String]?, words: String)] = [
    (
      "0\ty\tx\n1\ty\ty\n", ["x", "y"],
      "line 2: the true class of record 0 is 'y' here, but 'x' in data.raw"
    ),
    ("0\tx\tx\n1\t1\ty\n", ["x", "y"], "line 3: found the number 1 as a class, expected one of the names"),
    ("0\tx\t0\n1\ty\ty\n", ["x", "y"], "line 2: found the number 0 as a class"),
    ("0\t1\t1\n1\t1\t1\n", nil, "line 2: the true class of record 0 is '1' here, but '0' in data.raw"),
    ("0\t0\tx\n1\t1\ty\n", nil, "line 2: found a number as true class and a name as predicted class"),
    ("0\tx\t0\n1\ty\t1\n", nil, "line 2: found a name as true class and a number as predicted class"),
    ("0\tBag\tx\n1\tBag\tx\n", nil, "line 3: the true class 'Bag' has the label 1 in data.raw, but 0"),
    ("0\tx\tx\n2\ty\tx\n1\ty\tx\n", nil, "line 3: the label 0 of data.raw has the true class 'y' here"),
  ]

  @Test(arguments: ImageSelectionTests.wrongClasses)
  func aTableOfOtherClassesIsRefused(_ rows: String, _ classes: [String]?, _ words: String) throws {
    let rows = "record\ttruth\tclass\n" + rows
    func images(_ selection: RecordSelection?) throws -> ImageSelection {
      try ImageSelection(try stream(4, labels: [0, 1, 0, 1], classes: classes), select: selection, count: 2)
    }
    let selected = message { _ = try images(try RecordSelection(table(rows), limit: 10)) }
    #expect(selected?.hasPrefix("table.tsv: \(words)") == true, "\(selected ?? "nothing")")
    // Only the first two images are shown, so predictions of record 2 are not looked at.
    if rows.contains("\n2\t") { return }
    let noted = message {
      var images = try images(nil)
      try images.note(table(rows))
    }
    #expect(noted?.hasPrefix("table.tsv: \(words)") == true, "\(noted ?? "nothing")")
  }

  @Test(
    arguments: [
      ("0\t0\t1\n1\t1\t1\n", nil), ("0\tx\ty\n1\ty\ty\n", nil), ("0\tx\t\n1\ty\ty\n", ["x", "y"]),
      ("0\t7\t1\n1\t1\t1\n", ["7", "1"]),
    ] as [(String, [String]?)])
  func aTableOfTheSameStreamIsAccepted(_ rows: String, _ classes: [String]?) throws {
    let selection = try RecordSelection(table("record\ttruth\tclass\n" + rows), limit: 10)
    let images = try ImageSelection(try stream(4, labels: [0, 1, 0, 1], classes: classes), select: selection)
    #expect(images.images.count == 2)
  }
}
