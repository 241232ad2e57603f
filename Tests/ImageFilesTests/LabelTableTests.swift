// Tables of labels as spreadsheets and scripts write them.
import ByteIO
import TensorStream
import Testing

@testable import ImageFiles

private func table(_ bytes: [UInt8], classes: [String]? = nil) throws -> LabelTable {
  try LabelTable(MemorySource(bytes, name: "table"), classes: classes)
}

private func utf16(_ text: String, isLittle: Bool, hasMark: Bool) -> [UInt8] {
  ((hasMark ? [0xFEFF] : []) + Array(text.utf16)).flatMap { unit -> [UInt8] in
    let bytes = [UInt8(unit & 255), UInt8(unit >> 8)]
    return isLittle ? bytes : bytes.reversed()
  }
}

@Suite struct LabelTableTests {
  @Test(arguments: [
    "a.png\tcat\nb,1.png\tdog; big\n", "path\tclass\na.png\tcat\nb,1.png\tdog; big\n",
    "Class,File Name\ncat,a.png\ndog; big,\"b,1.png\"\n", "a.png,cat\n\"b,1.png\",dog; big\n",
    "image;label\na.png;cat\nb,1.png;\"dog; big\"\n", "a.png;cat\nb,1.png;\"dog; big\"\n",
    "\"name\"\t\"species\"\n\"a.png\"\t\"cat\"\n\"b,1.png\"\t\"dog; big\"\n",
    "id,filename,width,category\n1,a.png,28,cat\n2,\"b,1.png\",28,dog; big\n",
    "name\ttruth\tclass\tprobability\na.png\tcat\tdog; big\t0.9\nb,1.png\tdog; big\tcat\t0.5\n",
    "name, class\na.png, cat\n \"b,1.png\" , dog; big \n",
    "name\tclass\n\na.png\tcat\n\nb,1.png\tdog; big\n\n",
  ])
  func columnsAndSeparatorsAreFound(text: String) throws {
    var forms: [[UInt8]] = []
    for text in [text, text.replacing("\n", with: "\r\n")] {
      forms += [Array(text.utf8), [0xEF, 0xBB, 0xBF] + Array(text.utf8)]
      for isLittle in [true, false] {
        forms += [true, false].map { utf16(text, isLittle: isLittle, hasMark: $0) }
      }
    }
    for bytes in forms {
      let table = try table(bytes)
      #expect(table.classNames == ["cat", "dog; big"])
      #expect(try table.label(of: Array("a.png".utf8)) == 0)
      #expect(try table.label(of: Array("b,1.png".utf8)) == 1)
      #expect(table.unused == nil)
      #expect(throws: LabelProblem.notInTable("table")) { try table.label(of: Array("c.png".utf8)) }
    }
  }

  @Test func quotedFieldsMayContainQuotesAndLineEnds() throws {
    let table = try table(Array("name,class\r\n\"a\"\"b\nc.png\",\"x\"\r\nd.png,y\r\n".utf8))
    #expect(try table.label(of: Array("a\"b\nc.png".utf8)) == 0)
    #expect(try table.label(of: Array("d.png".utf8)) == 1)
    // Line ends within quotes count, so the third row is line 4.
    let error = try #require(throws: LabelTableError.self) {
      try LabelTable(MemorySource(Array("name,class\n\"a\nb\",x\nc,d,e\n".utf8), name: "t"), classes: nil)
    }
    #expect(error.description == "t: line 4: expected 2 columns, as in the header, found 3")
  }

  @Test(arguments: [
    ("bild\tklasse\na.png\tcat\n", "line 1: expected a header with columns of files and of classes"),
    ("bild\tlabel\na.png\tcat\n", "found 'bild', 'label'; name the columns 'name'"),
    ("path\tklasse\na.png\tcat\n", "found 'path', 'klasse'"),
    ("path,width,klasse\na.png,28,cat\n", "found 'path', 'width', 'klasse'"),
    ("a.png\tcat\t1\n", "found 3 columns; for more columns, add a header"),
    ("name,class\n\"a.png,cat\n", "line 2: expected a closing quote"),
    ("name,class\n\"a\".png,cat\n", "line 2: expected a separator after a closing quote"),
    ("name\tclass\na.png\tcaf\u{E9}\nb.png\tcafe\u{301}\n", "only the Unicode form differs"),
    ("name\tclass\na.png\t01\nb.png\t1\n", "found '01' and '1'"),
    ("PK\u{3}\u{4}xxxx", "found a zip archive; unpack it"), ("a.png\tc\0t\n", "UTF-16 or other bytes"),
  ])
  func unclearTablesAreRefusedWithARemedy(text: String, message: String) throws {
    let error = try #require(throws: LabelTableError.self) { try table(Array(text.utf8)) }
    #expect(error.description.hasPrefix("table: ") && error.description.contains(message), "\(error)")
    #expect(error.kind == .badData)
  }

  @Test func numbersAreLabelsOrNamesButNeverShifted() throws {
    // If all are numbers below 256, they are the labels.
    let numbers = try table(Array("a.png\t10\nb.png\t2\n".utf8))
    #expect(numbers.classNames == nil)
    #expect(try numbers.label(of: Array("a.png".utf8)) == 10)
    // With leading zeros, they are names in the order of numbers.
    let named = try table(Array("a.png\t10\nb.png\t02\nc.png\t1\n".utf8))
    #expect(named.classNames == ["1", "02", "10"])
    // If the class names are numbers, a number is a name: '0' is not the first class.
    let classes = (1...10).map(String.init)
    let given = try table(Array("a.png\t10\nb.png\t1\n".utf8), classes: classes)
    #expect(try given.label(of: Array("a.png".utf8)) == 9)
    #expect(throws: LabelTableError.self) { try table(Array("a.png\t0\n".utf8), classes: classes) }
    // Otherwise, a number is the index of a class.
    #expect(try table(Array("a.png\t1\n".utf8), classes: ["cat", "dog"]).label(of: Array("a.png".utf8)) == 1)
  }

  @Test func predictionsOfAFailedCommandAreNotLabels() throws {
    let text = "name\tclass\tprobability\na.png\tcat\t0.9\n#failed\tfm-predict: stdin: ended early\n"
    let error = #expect(throws: LabelTableError.self) { try table(Array(text.utf8)) }
    #expect(
      error?.description
        == "table: line 3: the command that wrote this failed: fm-predict: stdin: ended early")
  }

  /// People write composed names and classes, and macOS decomposes them.
  @Test func unicodeFormsAreEquivalent() throws {
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    for (one, other) in [(composed, decomposed), (decomposed, composed)] {
      let text = "\(one)/1.png\t\(one)\nx.png\ttea\n"
      let table = try table(Array(text.utf8), classes: ["tea", other])
      #expect(try table.label(of: Array("\(other)/1.png".utf8)) == 1)
      #expect(try table.label(of: Array("\(one)/1.png".utf8)) == 1)
      #expect(table.unused?.count == 1)
      let folders = ClassLookup(names: [other, "tea"])
      #expect(try folders.label(ofFile: Array("in/\(one)/1.png".utf8)) == 0)
    }
    // Two files whose names differ only in Unicode form stay two.
    let both = try table(Array("\(composed)\t1\n\(decomposed)\t2\n".utf8))
    #expect(try both.label(of: Array(composed.utf8)) == 1)
    #expect(try both.label(of: Array(decomposed.utf8)) == 2)
  }
}
