// The order of classes if no list gives one.
import ByteIO
import TensorStream
import Testing

@Suite struct ClassOrderTests {
  private func ordered(_ names: [String]) throws -> [String] {
    try ClassNames.ordered(names.map { Array($0.utf8) })
  }

  @Test(arguments: [
    (["b", "a", "B"], ["B", "a", "b"]), (["10", "9", "x"], ["10", "9", "x"]), ([], []),
    ((0...255).map { "\($0)" }.reversed(), (0...255).map { "\($0)" }),
    (["010", "002", "001"], ["001", "002", "010"]), (["00", "1", "10", "2"], ["00", "1", "2", "10"]),
    (["1", "-1", "-10", "0", "-2"], ["-10", "-2", "-1", "0", "1"]),
    (
      ["99999999999999999999999", "100000000000000000000000", "5"],
      ["5", "99999999999999999999999", "100000000000000000000000"]
    ),
    // Numbers with a point, with a plus, or in other digits are names.
    (["10", "9.5"], ["10", "9.5"]), (["+9", "10"], ["+9", "10"]), (["10", "٩"], ["10", "٩"]),
    (["", "10", "9"], ["", "10", "9"]), (["-", "10", "9"], ["-", "10", "9"]),
  ])
  func wholeNumbersAreOrderedAsNumbersAndOthersByTheirBytes(names: [String], expected: [String]) throws {
    #expect(try ordered(names) == expected)
    #expect(try ordered(names.reversed()) == expected)
  }

  @Test(arguments: [["1", "01"], ["0", "2", "00"], ["0", "-0"], ["-1", "0", "-01"]])
  func twoSpellingsOfOneNumberAreRefused(names: [String]) {
    #expect(throws: ClassOrderError.self) { try ordered(names) }
  }

  /// Two names differ only in bytes: é, and e followed by a combining accent.
  @Test func oneTextInTwoUnicodeFormsIsRefused() throws {
    let names = ["caf\u{E9}", "tea", "cafe\u{301}"]
    let error = try #require(throws: ClassOrderError.self) { try ordered(names) }
    #expect(error.description.contains("only the Unicode form differs"))
    #expect(error.kind == .badData)
  }

  @Test func columnsAreFoundByUsualTitles() {
    for title in TableColumns.names + ["File Name", "IMAGE_PATH", "\u{FEFF}Path", "image-id"] {
      #expect(TableColumns.name(in: ["x", title]) == 1, "\(title)")
    }
    for title in TableColumns.classes + ["True Class", "ground-truth", "Label", "class_name"] {
      #expect(TableColumns.truth(in: ["x", title]) == 1, "\(title)")
    }
    // Predictions have columns for both the true and the predicted class.
    #expect(TableColumns.truth(in: ["name", "class", "probability", "truth"]) == 3)
    #expect(TableColumns.name(in: ["id", "label", "filename"]) == 2)
    #expect(TableColumns.name(in: ["bild", "class"]) == nil)
    #expect(TableColumns.truth(in: ["name", "klasse"]) == nil)
  }
}
