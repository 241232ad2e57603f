// Class names: the reader of lists, the order of classes if no list gives one, and the words for differences.
import ByteIO
import TensorStream
import Testing

@Suite struct ClassNamesTests {
  private func read(_ bytes: [UInt8]) throws -> [String] { try ClassNames.read(Names(bytes)) }

  @Test(arguments: ["cat\ndog\n", "cat\ndog", "cat\r\ndog\r\n", "\u{FEFF}cat\ndog\n"])
  func eachLineIsAName(text: String) throws {
    #expect(try read(Array(text.utf8)) == ["cat", "dog"])
  }

  @Test func namesInUTF16AreRead() throws {
    let units = Array("caf\u{E9}\r\ndog\r\n".utf16)
    let little = units.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    let big = units.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    for bytes in [[0xFF, 0xFE] + little, [0xFE, 0xFF] + big, little, big] {
      #expect(try read(bytes) == ["caf\u{E9}", "dog"])
    }
  }

  @Test func namesMayHaveSpacesAndLettersOfAnyScript() throws {
    #expect(try read(Array("T-shirt/top\nAnkle boot\n靴\n".utf8)) == ["T-shirt/top", "Ankle boot", "靴"])
  }

  @Test func namesAreEscapedAsInTables() throws {
    let text = #"a\tb"# + "\n" + #"back\\slash"# + "\n" + #"C:\dir"# + "\n" + #"\x1b[1m"# + "\n"
    #expect(try read(Array(text.utf8)) == ["a\tb", "back\\slash", "C:\\dir", "\u{1B}[1m"])
    #expect(throws: ClassNamesError.self) { try read(Array(("a" + #"\x00"# + "\nb\n").utf8)) }
  }

  @Test func twoTo256NamesAreRead() throws {
    for count in [2, 256] {
      let names = (0..<count).map(String.init)
      #expect(try read(Array(names.joined(separator: "\n").utf8)) == names)
    }
    for count in [0, 1, 257] {
      #expect(throws: ClassNamesError.count(name: "names", count: count)) {
        try read(Array((0..<count).map { "\($0)\n" }.joined().utf8))
      }
    }
  }

  @Test(
    arguments: [
      (Array("a\n\nb\n".utf8), "names: line 2: expected a class name, found an empty line"),
      (Array("a\nb\n\n".utf8), "names: line 3: expected a class name, found an empty line"),
      (Array("a\nb\r\n\r\n".utf8), "names: line 3: expected a class name, found an empty line"),
      (
        Array("a\nb\na".utf8),
        "names: line 3: expected a class name that differs from the others, found 'a' as in line 1"
      ),
      ([0x61, 0x0A, 0xFF], "names: line 2: expected a class name, found bytes that are not UTF-8"),
      (
        Array("a\tb\nc".utf8),
        "names: line 1: expected a class name, found a control character or a byte-order mark in it; write a tab"
          + #" as \t"#
      ),
      (
        Array("a\n\u{FEFF}c".utf8),
        "names: line 2: expected a class name, found a control character or a byte-order mark in it; write a tab"
          + #" as \t"#
      ),
      (
        Array("caf\u{E9}\ncafe\u{301}\n".utf8),
        "names: line 2: expected a class name that differs from the others, found 'cafe\u{301}', which differs only in its Unicode"
          + " form from that in line 1"
      ),
    ] as [([UInt8], String)])
  func malformedListsAreRefusedWithTheirLine(bytes: [UInt8], message: String) throws {
    let error = try #require(throws: ClassNamesError.self) { try read(bytes) }
    #expect(error.description == message)
    #expect(error.kind == .badData)
  }

  @Test func wellKnownDataSetsNeedNoFile() throws {
    #expect(ClassNames.dataSets["fashion-mnist"]?[9] == "Ankle boot")
    #expect(ClassNames.dataSets["mnist"] == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
  }
}

/// A list of names in memory.
private final class Names: ByteSource {
  let name = "names"
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let bytes = rest.prefix(buffer.count)
    rest = rest.dropFirst(bytes.count)
    buffer.copyBytes(from: bytes)
    return bytes.count
  }
}

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

@Suite struct ClassDifferenceTests {
  @Test(arguments: [
    (["cat", "dog"], ["cat", "cow", "dog"], "its classes lack 'cow' of the model"),
    (["cat", "cow", "dog"], ["cat", "dog"], "its classes have 'cow', which the model lacks"),
    (["cat", "emu"], ["cat", "dog"], "its classes have 'emu', and lack 'dog' of the model"),
    (["dog", "cat"], ["cat", "dog"], "in another order: class 0 is 'dog' here, 'cat' there"),
    (["Cat", "dog"], ["cat", "dog"], "'Cat' and 'cat' of the model differ only in case"),
    (["c-at", "dog"], ["c at", "C-at"], "'c-at' and 'C-at' of the model differ only in case"),
    (["#1", "dog"], ["1", "dog"], "its classes have '#1', and lack '1' of the model"),
    (["hot dog", "cat"], ["hot-dog", "cat"], "differ only in blanks or dashes"),
    (["cafe\u{301}", "tea"], ["caf\u{E9}", "tea"], "differ only in the Unicode form of their letters"),
    (["01", "cat"], ["1", "cat"], "'01' and '1' of the model differ only in leading zeros"),
  ])
  func theWordsNameTheDifference(found: [String], wanted: [String], words: String) {
    let text = ClassDifference(found: found, wanted: wanted).words("the model")
    #expect(text.contains(words), "\(text)")
  }

  @Test func numbersAreOutOfPlaceUnlessTheyEqualTheirIndex() {
    #expect(["0", "1", "10", "2"].areNumbersOutOfPlace && ["1", "2"].areNumbersOutOfPlace)
    #expect(!["0", "1", "2"].areNumbersOutOfPlace && !["a", "1"].areNumbersOutOfPlace)
  }
}
