import Testing

@testable import TensorStream

private let header =
  "{'descr': [('image', '|u1', (1, 1))], 'fortran_order': False, 'shape': (9,), }"
/// "123456789", the usual test string for CRC-32, whose checksum is cbf43926.
private let chunk = array(header, Array("123456789".utf8))

private func problem(_ json: String) -> EndProblem? {
  do {
    _ = try Content(chunk + end(json))
    return nil
  } catch StreamError.end(let place, let problem) {
    #expect(place.part == .end)
    return problem
  } catch {
    Issue.record("\(error)")
    return nil
  }
}

@Suite struct EndTests {
  @Test func theEndIsCompactAndSorted() throws {
    let end = StreamEnd(classes: ["b", "a\"é"], checksum: 0xABC, history: ["x -y 'z'"], recordCount: 12)
    #expect(end.text == #"{"classes":["b","a\"é"],"crc32":"00000abc","history":["x -y 'z'"],"records":12}"#)
    #expect(try StreamEnd(parsing: end.text.utf8) == end)
  }

  @Test(arguments: [
    #"{"crc32":"cbf43926","history":[],"records":9}"#,
    #"{"records":9,"history":["a"],"crc32":"cbf43926","classes":["a"]}"#,
    #" { "later" : {"version":[2]}, "records" : 9, "history":[], "crc32":"\u0063bf43926" } "#,
  ])
  func keysComeInAnyOrderAndUnknownOnesAreIgnored(_ json: String) {
    #expect(problem(json) == nil)
  }

  @Test(
    arguments: [
      (#"{"crc32":"cbf43926","history":[]}"#, .keyMissing("records")),
      (#"{"records":9,"history":[]}"#, .keyMissing("crc32")),
      (#"{"records":9,"crc32":"cbf43926"}"#, .keyMissing("history")),
      ("[]", .keyMissing("records")),
      (#"{"crc32":"cbf43926","history":[],"records":8}"#, .recordCountDiffers(claimed: 8, found: 9)),
      (#"{"crc32":"cbf43926","history":[],"records":10}"#, .recordCountDiffers(claimed: 10, found: 9)),
      (
        #"{"crc32":"cbf43927","history":[],"records":9}"#,
        .checksumDiffers(claimed: 0xCBF4_3927, found: 0xCBF4_3926)
      ),
      (
        #"{"crc32":"cbf43926","history":[],"records":9.0}"#,
        .valueUnexpected(key: "records", expected: "a count")
      ),
      (
        #"{"crc32":"cbf43926","history":[],"records":-9}"#,
        .valueUnexpected(key: "records", expected: "a count")
      ),
      (
        #"{"crc32":"cbf43926","history":[],"records":"9"}"#,
        .valueUnexpected(key: "records", expected: "a count")
      ),
      (
        #"{"crc32":"CBF43926","history":[],"records":9}"#,
        .valueUnexpected(key: "crc32", expected: "8 lower-case hexadecimal digits")
      ),
      (
        #"{"crc32":"+bf43926","history":[],"records":9}"#,
        .valueUnexpected(key: "crc32", expected: "8 lower-case hexadecimal digits")
      ),
      (
        #"{"crc32":"cbf4392","history":[],"records":9}"#,
        .valueUnexpected(key: "crc32", expected: "8 lower-case hexadecimal digits")
      ),
      (
        #"{"crc32":3421780262,"history":[],"records":9}"#,
        .valueUnexpected(key: "crc32", expected: "8 lower-case hexadecimal digits")
      ),
      (
        #"{"crc32":"cbf43926","history":"x","records":9}"#,
        .valueUnexpected(key: "history", expected: "an array of strings")
      ),
      (
        #"{"crc32":"cbf43926","history":[1],"records":9}"#,
        .valueUnexpected(key: "history", expected: "an array of strings")
      ),
      (
        #"{"classes":null,"crc32":"cbf43926","history":[],"records":9}"#,
        .valueUnexpected(key: "classes", expected: "an array of strings")
      ),
      (
        #"{"classes":["a",1],"crc32":"cbf43926","history":[],"records":9}"#,
        .valueUnexpected(key: "classes", expected: "an array of strings")
      ),
      (#"{"classes":[],"crc32":"cbf43926","history":[],"records":9}"#, .classCount(0)),
      (#"{"classes":["a",""],"crc32":"cbf43926","history":[],"records":9}"#, .classEmpty(index: 1)),
      (#"{"classes":["a","b","a"],"crc32":"cbf43926","history":[],"records":9}"#, .classTwice("a")),
    ] as [(String, EndProblem)])
  func wrongEndsAreRefused(_ json: String, _ expected: EndProblem) {
    #expect(problem(json) == expected)
  }

  @Test(arguments: [
    "", "{", #"{"crc32":"cbf43926","history":[],"records":9}x"#, #"{"records":9,"records":9}"#,
    #"{"crc32":"cbf43926","history":[],"records":9}"# + "\0",
  ])
  func otherTextIsRefused(_ json: String) throws {
    if json.isEmpty {
      // NumPy calls this type '|S0'.
      #expect(throws: StreamError.self) { try Content(chunk + end(json)) }
      return
    }
    guard case .notJSON = problem(json) else {
      Issue.record("\(json) accepted")
      return
    }
  }

  @Test func tooManyClassesAreRefused() {
    let list = (0..<257).map { "\"\($0)\"" }.joined(separator: ",")
    #expect(
      problem(#"{"classes":[\#(list)],"crc32":"cbf43926","history":[],"records":9}"#) == .classCount(257))
  }

  @Test func predictionsHaveAClassNameForEachProbability() throws {
    let format = RecordFormat(content: .prediction(classCount: 3), hasLabels: false, hasNames: false)
    let bytes = try stream(sampleBatch(format, count: 1), classes: ["a", "b", "c"])
    let text = String(decoding: bytes, as: Unicode.ASCII.self)
    #expect(text.contains(#""classes":["a","b","c"]"#))
    let shorter = String(text.suffix(from: try #require(text.range(of: "{\"classes")?.lowerBound)))
      .replacing(#","c""#, with: "")
    let body = Array(bytes.prefix(try #require(bytes.lastIndex(of: 0x93))))
    let error = #expect(throws: StreamError.self) { try Content(body + end(shorter)) }
    #expect(error?.description.contains("expected names for 3 classes") == true)
  }
}
