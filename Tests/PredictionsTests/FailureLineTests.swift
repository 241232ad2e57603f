// Every reader refuses the line with which a command reports that it failed, wherever the line is.
import ByteIO
import MemoryStreams
import Testing

@testable import Predictions

@Suite struct FailureLineTests {
  private static let table = FailureLine.text("fm-predict: stdin: the input ends", .table) + "\n"
  private static let object = FailureLine.text("fm-predict: stdin: the input ends", .jsonLines) + "\n"

  private func problem(_ text: String) throws -> String? {
    do {
      let reader = try PredictionReader(MemorySource(text))
      var row = PredictionRow()
      while try reader.next(&row) {}
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("record\ttruth\tclass\tprobability\n0\ta\ta\t0.5\n", 3),
    ("record,truth,class,probability\n0,a,a,0.5\n", 3),
    ("{\"record\":0,\"truth\":\"a\",\"class\":\"a\",\"probability\":0.5}\n", 2), ("", 1),
    // The text before it is cut within a line, and a newline follows.
    ("record\ttruth\tclass\tprobability\n0\ta\n", 3),
    ("record\ttruth\tclass\tprobability\n0\ta\ta\t0.5\n\n", 4),
    ("{\"record\":0,\"tru\n", 2), ("class,truth\na,\"b\n", 3),
  ])
  func theLineIsRefusedAnywhere(before: String, line: Int) throws {
    for failure in [Self.table, Self.object] {
      for after in ["", before] {
        let found = try #require(try problem(before + failure + after))
        #expect(
          found.hasSuffix("the command that wrote this failed: fm-predict: stdin: the input ends"),
          "\(before)\(failure): \(found)")
        #expect(found.hasPrefix("stdin: line \(line)"), "\(found)")
      }
    }
  }

  @Test func rowsOfFilesWithSuchNamesAreRead() throws {
    #expect(try problem("name\tclass\tprobability\n#failed\ta\t0.5\n") == nil)
    #expect(FailureLine.message(of: Array("#failed\ta\t0.5".utf8)) == nil)
    #expect(FailureLine.message(of: Array("#failed".utf8)) == nil)
    #expect(FailureLine.message(of: Array(#"{"failed":"a","class":"b"}"#.utf8)) == nil)
  }

  @Test(arguments: ["plain", "with \"quotes\" and \\\\ and \\\"", "a\ttab\nand lines", ""])
  func theMessageIsReadBack(message: String) {
    let shown = message.replacing("\t", with: "\\t").replacing("\n", with: "\\n")
    for form in [FailureLine.Form.table, .jsonLines] {
      let line = FailureLine.text(message, form)
      #expect(!line.contains("\n"))
      #expect(FailureLine.message(of: Array(line.utf8)) == shown)
      #expect(FailureLine.message(of: Array((line + (form == .table ? "\r" : "")).utf8)) == shown)
    }
  }

  @Test func readersOfTrueClassesRefuseItToo() {
    #expect(throws: PredictionError.self) {
      try TrueClasses(MemorySource("name\ttruth\nx\ta\n" + Self.table))
    }
    #expect(throws: PredictionError.self) { try TrueClasses(MemorySource(Self.table)) }
  }
}
