import MemoryStreams
import Testing

@testable import TensorStream

/// The text of a header for records with these fields.
private func records(_ fields: String, shape: String = "(5,)") -> String {
  "{'descr': [\(fields)], 'fortran_order': False, 'shape': \(shape), }"
}

/// The text of a header for records with an image and one more field.
private func image(and field: String) -> String { records("('image', '|u1', (2, 3)), \(field)") }

private func dictionary(_ members: String) -> String { "{\(members)}" }

/// The problem that the reader finds in a stream that starts with this header.
private func problem(_ text: String, terminator: String = "\n") -> HeaderProblem? {
  do {
    _ = try TensorStreamReader(
      MemorySource(array(text, terminator: terminator) + [UInt8](repeating: 0, count: 100)))
    return nil
  } catch StreamError.header(_, let problem) {
    return problem
  } catch {
    Issue.record("\(error)")
    return nil
  }
}

@Suite struct HeaderRefusalTests {
  @Test(
    arguments: [
      ("", .syntax(expected: anything, found: nil)),
      ("5", .notADictionary),
      ("[]", .notADictionary),
      ("{}", .keyMissing("descr")),
      (dictionary("'descr': [], 'fortran_order': False"), .keyMissing("shape")),
      (dictionary("'descr': [], 'shape': (5,)"), .keyMissing("fortran_order")),
      (
        dictionary("'descr': [], 'fortran_order': False, 'shape': (5,), 'version': 1"), .keyUnknown("version")
      ),
      (dictionary("'descr': [], 'descr': [], 'fortran_order': False, 'shape': (5,)"), .keyTwice("descr")),
      (dictionary("'descr': [], 'fortran_order': False, 'shape': (5,), 'shape': (5,)"), .keyTwice("shape")),
      (dictionary("'descr': 5, 'fortran_order': False, 'shape': (5,)"), .valueUnexpected("descr")),
      (dictionary("'descr': '|S5', 'fortran_order': 0, 'shape': ()"), .valueUnexpected("fortran_order")),
      (dictionary("'descr': '|S5', 'fortran_order': False, 'shape': 5"), .valueUnexpected("shape")),
      (dictionary("'descr': '|S5', 'fortran_order': False, 'shape': [5]"), .valueUnexpected("shape")),
      (dictionary("'descr': '|S5', 'fortran_order': False, 'shape': ('5',)"), .valueUnexpected("shape")),
      (dictionary("'descr': '|S5', 'fortran_order': True, 'shape': ()"), .fortranOrder),
    ] as [(String, HeaderProblem)])
  func wrongKeysAreRefused(_ text: String, _ expected: HeaderProblem) {
    #expect(problem(text)?.isLike(expected) == true, "\(String(describing: problem(text)))")
  }

  @Test(
    arguments: [
      (image(and: "# comment"), .comment),
      (records("('image', '|u1', (2, 3))") + "# comment", .comment),
      ("{\"descr\": 1}", .syntax(expected: anything, found: UInt8(ascii: "\""))),
      ("{'descr': b'|S5'}", .syntax(expected: anything, found: UInt8(ascii: "b"))),
      ("{'descr': u'|S5'}", .syntax(expected: anything, found: UInt8(ascii: "u"))),
      ("{'descr': '|S' '5'}", .syntax(expected: anything, found: UInt8(ascii: "'"))),
      ("{'descr': '\\x7cS5'}", .syntax(expected: anything, found: UInt8(ascii: "\\"))),
      ("{'descr': '|S5}", .syntax(expected: anything, found: nil)),
      ("{'descr' '|S5'}", .syntax(expected: anything, found: UInt8(ascii: "'"))),
      ("{descr: '|S5'}", .syntax(expected: anything, found: UInt8(ascii: "d"))),
      ("{'descr': '|S5' 'shape': ()}", .syntax(expected: anything, found: UInt8(ascii: "'"))),
      ("{'descr': [,]}", .syntax(expected: anything, found: UInt8(ascii: ","))),
      ("{'shape': (5, ,)}", .syntax(expected: anything, found: UInt8(ascii: ","))),
      ("{'shape': (5,]}", .syntax(expected: anything, found: UInt8(ascii: "]"))),
      ("{'shape': (,)}", .syntax(expected: anything, found: UInt8(ascii: ","))),
      ("{'shape': (5)}", .syntax(expected: anything, found: UInt8(ascii: ")"))),
      ("{'shape': (-5,)}", .syntax(expected: anything, found: UInt8(ascii: "-"))),
      ("{'shape': (+5,)}", .syntax(expected: anything, found: UInt8(ascii: "+"))),
      ("{'shape': (5.0,)}", .syntax(expected: anything, found: UInt8(ascii: "."))),
      ("{'shape': (2*3,)}", .syntax(expected: anything, found: UInt8(ascii: "*"))),
      ("{'shape': (None,)}", .syntax(expected: anything, found: UInt8(ascii: "N"))),
      ("{'fortran_order': Falsy}", .syntax(expected: anything, found: UInt8(ascii: "y"))),
      ("{'fortran_order': false}", .syntax(expected: anything, found: UInt8(ascii: "f"))),
      ("{'fortran_order': False\t}", .syntax(expected: anything, found: 9)),
      ("{'fortran_order': False}\n", .syntax(expected: anything, found: 10)),
      ("{'fortran_order': False}\0", .syntax(expected: anything, found: 0)),
      ("{'descr': '\u{E9}'}", .syntax(expected: anything, found: 0xC3)),
      ("{}{}", .syntax(expected: anything, found: UInt8(ascii: "{"))),
      ("{} or {}", .syntax(expected: anything, found: UInt8(ascii: "o"))),
      ("{'shape': (0x10,)}", .numberNotDecimal("0x10")),
      ("{'shape': (0b1,)}", .numberNotDecimal("0b1")),
      ("{'shape': (1_000,)}", .numberNotDecimal("1_000")),
      ("{'shape': (5L,)}", .numberNotDecimal("5L")),
      ("{'shape': (1e3,)}", .numberNotDecimal("1e3")),
      ("{'shape': (05,)}", .numberNotDecimal("05")),
      ("{'shape': (00,)}", .numberNotDecimal("00")),
      ("{'shape': (9223372036854775808,)}", .numberTooLarge("9223372036854775808")),
      ("{'shape': " + String(repeating: "(", count: 1000), .nestedTooDeep),
    ] as [(String, HeaderProblem)])
  func otherPythonIsRefused(_ text: String, _ expected: HeaderProblem) {
    #expect(problem(text)?.isLike(expected) == true, "\(String(describing: problem(text)))")
  }

  @Test(
    arguments: [
      ("{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 28, 28), }", .plainArray("|u1")),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }", .plainArray("<f4")),
      ("{'descr': '|O', 'fortran_order': False, 'shape': (), }", .plainArray("|O")),
      ("{'descr': '|S05', 'fortran_order': False, 'shape': (), }", .plainArray("|S05")),
      ("{'descr': '|S+5', 'fortran_order': False, 'shape': (), }", .plainArray("|S+5")),
      ("{'descr': '|S', 'fortran_order': False, 'shape': (), }", .plainArray("|S")),
      ("{'descr': '|S5', 'fortran_order': False, 'shape': (1,), }", .endHasAxes([1])),
      ("{'descr': '|S0', 'fortran_order': False, 'shape': (), }", .endEmpty),
      ("{'descr': '|S16777217', 'fortran_order': False, 'shape': (), }", .endTooLong(16_777_217)),
      (records("('image', '|u1', (2, 3))", shape: "()"), .chunkNotOneAxis([])),
      (records("('image', '|u1', (2, 3))", shape: "(5, 1)"), .chunkNotOneAxis([5, 1])),
      (records("('image', '|u1', (2, 3))", shape: "(0,)"), .chunkEmpty),
      (
        records("('image', '|u1', (2, 3))", shape: "(1537228672809129302,)"),
        .chunkTooLarge(1_537_228_672_809_129_302)
      ),
    ] as [(String, HeaderProblem)])
  func otherArraysAreRefused(_ text: String, _ expected: HeaderProblem) {
    #expect(problem(text) == expected)
  }

  @Test(
    arguments: [
      (records(""), .fieldsMissing(found: [])),
      (records("('label', '|u1')"), .fieldsMissing(found: ["label"])),
      (records("('predicted', '|u1')"), .fieldsMissing(found: ["predicted"])),
      (
        records("('name', '|S3'), ('probability', '<f4', (2,))"),
        .fieldsMissing(found: ["name", "probability"])
      ),
      (image(and: "('predicted', '|u1')"), .fieldsMixed(found: ["image", "predicted"])),
      (image(and: "('image', '|u1', (2, 3))"), .fieldTwice("image")),
      (image(and: "('weight', '<f4')"), .fieldUnknown("weight")),
      (image(and: "('Label', '|u1')"), .fieldUnknown("Label")),
      (
        records("('label', '|u1'), ('image', '|u1', (2, 3))"),
        .fieldsOutOfOrder(expected: ["image", "label"], found: ["label", "image"])
      ),
      (
        records("('predicted', '|u1'), ('probability', '<f4', (2,)), ('label', '|u1')"),
        .fieldsOutOfOrder(
          expected: ["label", "predicted", "probability"], found: ["predicted", "probability", "label"])
      ),
      (image(and: "('', '|V3')"), .padding),
      (image(and: "(('a title', 'label'), '|u1')"), .fieldHasTitle),
      (image(and: "'label'"), .fieldUnexpected),
      (image(and: "('label',)"), .fieldUnexpected),
      (image(and: "('label', '|u1', (), 1)"), .fieldUnexpected),
      (image(and: "('label', '|u1', ())"), .fieldUnexpected),
      (image(and: "('label', '|u1', 5)"), .fieldUnexpected),
      (image(and: "(5, '|u1')"), .fieldUnexpected),
      (image(and: "('label', 5)"), .fieldUnexpected),
    ] as [(String, HeaderProblem)])
  func otherFieldsAreRefused(_ text: String, _ expected: HeaderProblem) {
    #expect(problem(text) == expected)
  }

  @Test(
    arguments: [
      ("label", "[('x', '|u1')]", "", .nestedType),
      ("label", "'|O'", "", .objectType),
      ("name", "'<U5'", "", .unicodeType(expected: "|Sk", found: "<U5")),
      ("name", "'|V5'", "", .voidType(expected: "|Sk", found: "|V5")),
      ("probability", "'>f4'", ", (3,)", .bigEndianType(expected: "<f4", found: ">f4")),
      ("probability", "'=f4'", ", (3,)", .nativeEndianType(expected: "<f4", found: "=f4")),
      ("probability", "'f4'", ", (3,)", .nativeEndianType(expected: "<f4", found: "f4")),
      ("probability", "'<f8'", ", (3,)", .otherType(expected: "<f4", found: "<f8")),
      ("probability", "'<f4'", "", .shape(expected: "shape (classes,)", found: [])),
      ("probability", "'<f4'", ", (2, 2)", .shape(expected: "shape (classes,)", found: [2, 2])),
      ("probability", "'<f4'", ", (0,)", .classCount(0)),
      ("probability", "'<f4'", ", (257,)", .classCount(257)),
      ("label", "'u1'", "", .nativeEndianType(expected: "|u1", found: "u1")),
      ("label", "'|i1'", "", .otherType(expected: "|u1", found: "|i1")),
      ("label", "'<u1'", "", .otherType(expected: "|u1", found: "<u1")),
      ("label", "'<i8'", "", .otherType(expected: "|u1", found: "<i8")),
      ("label", "''", "", .nativeEndianType(expected: "|u1", found: "")),
      ("label", "'|u1'", ", (1,)", .shape(expected: "a single value", found: [1])),
      ("name", "'|S5'", ", (1,)", .shape(expected: "a single value", found: [1])),
      ("name", "'|S0'", "", .nameZeroWidth),
      ("name", "'|S4097'", "", .nameTooWide(4097)),
      ("name", "'|S05'", "", .otherType(expected: "|Sk", found: "|S05")),
      ("name", "'|S-5'", "", .otherType(expected: "|Sk", found: "|S-5")),
      ("image", "'|u1'", ", (28,)", .shape(expected: "shape (H, W) or (H, W, 3)", found: [28])),
      ("image", "'|u1'", ", (28, 28, 1)", .shape(expected: "shape (H, W) or (H, W, 3)", found: [28, 28, 1])),
      ("image", "'|u1'", ", (28, 28, 4)", .shape(expected: "shape (H, W) or (H, W, 3)", found: [28, 28, 4])),
      ("image", "'|u1'", ", (0, 28)", .imageSize([0, 28])),
      ("image", "'|u1'", ", (28, 4097)", .imageSize([28, 4097])),
      ("image", "'|u1'", ", (4097, 28, 3)", .imageSize([4097, 28, 3])),
    ] as [(String, String, String, FieldProblem)])
  func otherTypesAreRefused(_ field: String, _ type: String, _ shape: String, _ expected: FieldProblem) {
    var fields = ["('\(field)', \(type)\(shape))"]
    switch field {
    case "probability": fields.insert("('predicted', '|u1')", at: 0)
    case "image": break
    default: fields.insert("('image', '|u1', (2, 3))", at: 0)
    }
    #expect(problem(records(fields.joined(separator: ", "))) == .field(field, expected))
  }

  @Test(arguments: [(2, 0), (3, 0), (1, 1), (0, 0), (255, 255)] as [(UInt8, UInt8)])
  func otherVersionsAreRefused(_ major: UInt8, _ minor: UInt8) throws {
    var bytes = try stream(sampleBatch(sampleFormats[0], count: 1))
    (bytes[6], bytes[7]) = (major, minor)
    let error = #expect(throws: StreamError.self) { try TensorStreamReader(MemorySource(bytes)) }
    guard case .header(_, .version(major, minor)) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func headersHaveAtMost4096Bytes() {
    let text = records("('image', '|u1', (2, 3))")
    let room = StreamLimits.headerByteCount - ArrayHeader.preambleByteCount - 1
    func padded(_ count: Int) -> String { text + String(repeating: " ", count: count - text.utf8.count) }
    #expect(problem(padded(room)) == nil)
    #expect(problem(padded(room + 1)) == .tooLong(byteCount: 4097))
    #expect(problem(padded(65534)) == .tooLong(byteCount: 65545))
  }

  @Test func headersEndWithANewline() {
    let text = records("('image', '|u1', (2, 3))")
    #expect(problem(text, terminator: " ") == .notTerminated)
    #expect(problem("", terminator: "") == .notTerminated)
  }

  @Test func aProblemIsReportedWithItsPlace() throws {
    let good = try stream(sampleBatch(sampleFormats[0], count: 1025))
    // After the end of the first stream comes a header that is wrong at its byte 10 + 10.
    let error = #expect(throws: StreamError.self) { try Content(good + array("{'descr': 0x10}")) }
    #expect(
      error?.description
        == "stdin: chunk 3, byte \(good.count + 20): expected a number in plain decimal digits, found 0x10")
  }
}

/// Stands for any text in an expected problem.
private let anything = "*"

extension HeaderProblem {
  /// Whether it is the expected problem. The text that a syntax problem expected is ignored.
  fileprivate func isLike(_ expected: HeaderProblem) -> Bool {
    if case .syntax(_, let found) = self, case .syntax(anything, let expectedFound) = expected {
      return found == expectedFound
    }
    return self == expected
  }
}
