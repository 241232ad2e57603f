// Tables as other programs and the shell write them: concatenated, without a header, or with semicolons.
import ByteIO
import MemoryStreams
import TensorStream
import Testing

@testable import Predictions

@Suite struct TableShapeTests {
  private struct Row: Equatable {
    var name = ""
    var record: Int?
    var truth: String?
    var predicted: String?
    var isUnanswered = false
  }

  private func rows(_ text: String, titles: [String]? = nil) throws -> [Row] {
    let reader = try PredictionReader(MemorySource(text), titles: titles)
    var rows: [Row] = []
    var row = PredictionRow()
    while try reader.next(&row) {
      let names = reader.classes.names
      rows.append(
        Row(
          name: String(decoding: row.name, as: UTF8.self), record: row.record,
          truth: row.truth.map { names[$0] },
          predicted: row.predicted.map { names[$0] }, isUnanswered: row.isUnanswered))
    }
    return rows
  }

  private func problem(_ text: String, titles: [String]? = nil) -> String? {
    do {
      _ = try rows(text, titles: titles)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func aRepeatedHeaderIsSkippedAndRecordNumbersContinue() throws {
    let table = "record\tclass\tprobability\n0\ta\t0.5\n1\tb\t0.5\n"
    #expect(try rows(table + table + table).map(\.record) == [0, 1, 2, 3, 4, 5])
    let comma = table.replacing("\t", with: ",")
    #expect(try rows(comma + comma).count == 4)
  }

  @Test func byteOrderMarksBetweenTablesAreSkipped() throws {
    let mark = "\u{FEFF}"
    let table = mark + "record\tclass\tprobability\n0\ta\t0.5\n"
    #expect(try rows(table + table).map(\.record) == [0, 1])
    #expect(try rows((table + table).replacing("\t", with: ",")).count == 2)
    let row = mark + #"{"record":0,"class":"a"}"# + "\n"
    #expect(try rows(row + row).map(\.predicted) == ["a", "a"])
    let bare = mark + "x.png\ta\t0.5\n"
    #expect(try rows(bare + bare).map(\.name) == ["x.png", "x.png"])
    // Inside a line, the mark is part of the name.
    #expect(try rows("name\tclass\nx\(mark)y\ta\n").map(\.name) != ["xy"])
  }

  @Test func incompleteRowsBesideAByteOrderMarkAreReportedWithTheirLine() {
    #expect(problem("record\tclass\n0\n\u{FEFF}1\ta\n")?.contains("line 2: expected 2 fields") == true)
    #expect(problem("record\tclass\n0\ta\n\u{FEFF}1\n")?.contains("line 3: expected 2 fields") == true)
  }

  @Test func jsonLinesInUTF16AreRefusedWithARemedy() {
    let bytes = Array(#"{"class":"a"}"#.utf8).flatMap { [$0, UInt8(0)] }
    #expect(throws: PredictionError.self) { try PredictionReader(MemorySource(bytes)) }
    do {
      _ = try PredictionReader(MemorySource(bytes))
    } catch {
      #expect("\(error)".contains("UTF-16 text; convert it with 'iconv"))
    }
  }

  @Test func anotherHeaderInTheMiddleIsRefused() {
    let first = "name\tclass\tprobability\nx\ta\t0.5\n"
    for other in ["name\tprobability\tclass\n", "record\tclass\tprobability\n"] {
      #expect(problem(first + other)?.contains("line 3: found another header") == true)
    }
    #expect(problem(first + "name\tclass\n")?.contains("line 3") == true)
  }

  @Test(arguments: [
    ("0\ta\ta\t0.5\n", Row(record: 0, truth: "a", predicted: "a")),
    ("0\ta\t0.5\n", Row(record: 0, predicted: "a")), ("x.png\ta\t0.5\n", Row(name: "x.png", predicted: "a")),
    ("x.png\ta\t0.5\t\n", Row(name: "x.png", predicted: "a")),
    ("0.png\t\t\tno such file\n", Row(name: "0.png", isUnanswered: true)),
    ("x,a,1e-05,b,3e-06\n", Row(name: "x", predicted: "a")),
    ("0\t3\t3\t-0.5\n", Row(record: 0, truth: "3", predicted: "3")),
    ("0\ta\ta\t1.0\r\n", Row(record: 0, truth: "a", predicted: "a")),
  ])
  private func rowsOfFmPredictNeedNoHeader(text: String, row: Row) throws {
    #expect(try rows(text + text) == [row, row])
  }

  @Test(arguments: ["a\tb\n", "0\ta\tb\tc\n", "x\ta\t5\n", "0\t0.5\t0.75\t0.25\n", "a,b\n"])
  func ambiguousColumnsAreNotGuessed(text: String) {
    #expect(problem(text)?.contains("expected a header") == true)
  }

  @Test func namedColumnsNeedNoHeader() throws {
    let titles = try ColumnTitles(parsing: "name,-,truth,class").titles
    let expected = Row(name: "x", truth: "a", predicted: "b")
    #expect(try rows("x\tfoo\ta\tb\n", titles: titles) == [expected])
    #expect(try rows("x,foo,a,b\nx,foo,a,b\n", titles: titles) == [expected, expected])
    let plain = try ColumnTitles(parsing: "truth,class").titles
    #expect(try rows("truth,class\na,b\n", titles: plain).count == 1)
    #expect(problem("a\tb\tc\n", titles: plain)?.contains("expected 2 fields") == true)
    #expect(
      problem("{\"class\":1}\n", titles: plain)?.contains("the columns that were given are for TSV or CSV")
        == true)
    for text in ["name,truth", "class,class", "class,colour", ""] {
      #expect(throws: ColumnTitlesError.self) { try ColumnTitles(parsing: text) }
    }
  }

  @Test func semicolonsAndByteOrderMarksAreRead() throws {
    #expect(try rows("\u{FEFF}truth;class\r\na;\"b;c\"\r\n") == [Row(truth: "a", predicted: "b;c")])
    #expect(try rows("\u{FEFF}{\"truth\":\"a\",\"class\":\"a\"}\n").count == 1)
  }

  @Test func formulasAreGuardedAndReadBack() throws {
    let names = ["=cmd", "+1", "-a", "@x", "'quoted", "\u{FF1D}wide", "plain", "=a,\"b\""]
    let format = RecordFormat(
      content: .prediction(classCount: names.count), hasLabels: true, hasNames: true)
    var batch = RecordBatch(format: format)
    for (index, name) in names.enumerated() {
      batch.names.append(Array(name.utf8))
      batch.labels.append(UInt8(index))
      batch.predicted.append(UInt8(index))
      batch.probabilities += names.indices.map { $0 == index ? 1 : 0 }
    }
    batch.count = names.count
    let sink = MemorySink()
    let writer = try PredictionTextWriter(sink, format: .csv, records: format, classes: names)
    try writer.write(batch)
    let text = String(decoding: sink.bytes, as: UTF8.self)
    for line in text.split(separator: "\n") {
      #expect(!"=+-@\u{FF1D}".contains(line.first!) && !line.hasPrefix("\"="), "\(line)")
    }
    let back = try rows(text)
    #expect(back.map(\.name) == names && back.map(\.predicted) == names && back.map(\.truth) == names)
  }

  @Test func rowsOfFailedFilesAreUnanswered() throws {
    let table = "name\tclass\tprobability\terror\nx\t\t\tno such file\ny\ta\t0.5\t\nz\t\t0.5\t\n"
    #expect(try rows(table).map(\.isUnanswered) == [true, false, false])
    let lines = """
      {"name":"x","class":null,"probability":null,"probabilities":null,"error":"no such file"}
      {"name":"y","class":"a","probability":1.0,"probabilities":{"a":1.0,"b":0.0},"error":null}

      """
    #expect(try rows(lines).map(\.isUnanswered) == [true, false])
  }
}
