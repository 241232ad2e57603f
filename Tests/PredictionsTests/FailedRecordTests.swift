// Rows without a prediction keep their place, state their reason, and have as many fields as other rows.
import MemoryStreams
import TensorStream
import Testing

@testable import Predictions

@Suite struct FailedRecordTests {
  private let two = batch([[0.25, 0.75], [1, 0]], names: ["x", "y"])
  private let failures = [
    FailedRecord(name: Array("a\tb".utf8), reason: "no\nfile, \"none\"", place: 0),
    FailedRecord(name: Array("c".utf8), reason: "r", place: 1),
    FailedRecord(name: Array("d".utf8), reason: "s", place: 1),
    FailedRecord(name: Array("e".utf8), reason: "t", place: 2),
  ]

  private func text(_ format: PredictionFormat, _ change: (inout PredictionTextOptions) -> Void = { _ in })
    throws
    -> String
  {
    var options = PredictionTextOptions()
    options.showsErrors = true
    change(&options)
    let sink = MemorySink()
    let writer = try PredictionTextWriter(
      sink, format: format, records: two.format, classes: ["A", "B"], options: options)
    try writer.write(two, failures: failures)
    try writer.write(
      RecordBatch(format: two.format), failures: [FailedRecord(name: [0x7A], reason: "u", place: 0)])
    try writer.finish()
    return sink.text
  }

  @Test func failedRecordsKeepTheirPlaces() throws {
    let expected = """
      name\tclass\tprobability\terror
      a\\tb\t\t\tno\\nfile, "none"
      x\tB\t0.75\t
      c\t\t\tr
      d\t\t\ts
      y\tA\t1.0\t
      e\t\t\tt
      z\t\t\tu

      """
    #expect(try text(.tsv) == expected)
    #expect(try text(.tsv) { $0.hasHeader = false } == expected.drop { $0 != "\n" }.dropFirst())
  }

  @Test func failedRecordsHaveAsManyFieldsAsOthers() throws {
    for separator in ["\t", ","] as [Character] {
      let rows = try text(separator == "," ? .csv : .tsv) {
        $0.top = 2
        $0.showsProbabilities = true
      }.split(separator: "\n").map { $0.split(separator: separator, omittingEmptySubsequences: false) }
      #expect(rows[0].joined(separator: " ") == "name class probability class2 probability2 p:A p:B error")
      // The first reason has a comma within its quotes.
      for (index, row) in rows.enumerated() where separator == "\t" || index != 1 { #expect(row.count == 8) }
    }
    #expect(try text(.csv).contains("a\\tb,,,\"no\\nfile, \"\"none\"\"\"\n"))
  }

  @Test func objectsOfFailedRecordsHaveTheSameKeys() throws {
    let plain = try text(.jsonl).split(separator: "\n")
    #expect(plain[0] == #"{"name":"a\\tb","class":null,"probability":null,"error":"no\\nfile, \"none\""}"#)
    #expect(plain[1] == #"{"name":"x","class":"B","probability":0.75,"error":null}"#)
    let wide = try text(.jsonl) { $0.showsProbabilities = true }.split(separator: "\n")
    #expect(wide[2] == #"{"name":"c","class":null,"probability":null,"probabilities":null,"error":"r"}"#)
    #expect(
      wide[4]
        == #"{"name":"y","class":"A","probability":1.0,"probabilities":{"A":1.0,"B":0.0},"error":null}"#)
  }

  @Test func theHeaderCanBeLeftOut() throws {
    for format in [PredictionFormat.tsv, .csv] {
      let whole = try written(two, format)
      #expect(try written(two, format) { $0.hasHeader = false } == whole.drop { $0 != "\n" }.dropFirst())
    }
    #expect(try written(two, .jsonl) { $0.hasHeader = false } == written(two, .jsonl))
  }
}
