import ByteIO
import MemoryStreams
import Predictions
import TensorStream
import Testing

@testable import Evaluation

@Suite struct WrongRecordsTests {
  private func table(_ source: MemorySource, classes: [String]? = nil, limit: Int? = nil) throws -> String {
    let wrong = WrongRecords(limit: limit)
    _ = try evaluate(source, classes: classes, wrong: wrong)
    let sink = MemorySink()
    try wrong.write(to: sink)
    return sink.text
  }

  @Test func mistakesAreSortedByProbabilityAndTiesByPosition() throws {
    let text = """
      name	truth	class	probability
      a	Bag	Coat	0.5
      b	Bag	Bag	0.99
      c	Coat	Bag	0.75
      d	Coat	Bag	0.5
      e	Coat		0.25

      """
    #expect(
      try table(MemorySource(text))
        == "record\tname\ttruth\tclass\tprobability\n2\tc\tCoat\tBag\t0.75\n0\ta\tBag\tCoat\t0.5\n"
        + "3\td\tCoat\tBag\t0.5\n")
  }

  @Test func onlyAvailableColumnsAreWritten() throws {
    #expect(try table(MemorySource("truth,class\na,b\nb,b\n")) == "record\ttruth\tclass\n0\ta\tb\n")
    #expect(
      try table(MemorySource("truth,class,p:a,p:b\na,b,0.25,0.75\n"))
        == "record\ttruth\tclass\tprobability\n0\ta\tb\t0.75\n")
    #expect(
      try table(MemorySource("truth\tclass\tlog_probability\nx\ty\t-0.6931472\n"))
        == "record\ttruth\tclass\tprobability\n0\tx\ty\t0.5\n")
  }

  @Test func withoutMistakesOnlyTheHeaderIsWritten() throws {
    #expect(
      try table(MemorySource("name,truth,class,probability\nx,a,a,1\n"))
        == "record\tname\ttruth\tclass\tprobability\n")
  }

  @Test func recordsKeepTheirNumbersFromTheInput() throws {
    let text = "record\ttruth\tclass\tprobability\n7\ta\tb\t0.5\n12\tb\ta\t0.75\n"
    let table = try table(MemorySource(text))
    #expect(table == "record\ttruth\tclass\tprobability\n12\tb\ta\t0.75\n7\ta\tb\t0.5\n")
    // The output can be read as predictions too, all of them wrong.
    #expect(try self.table(MemorySource(table)) == table)
    let lines = "{\"record\":7,\"truth\":\"a\",\"class\":\"b\"}\n"
    #expect(try self.table(MemorySource(lines)) == "record\ttruth\tclass\n7\ta\tb\n")
    let message = message { _ = try self.table(MemorySource("record,truth,class\nx,a,a\n")) }
    #expect(message?.hasPrefix("stdin: line 2, column record: expected the record's number") == true)
    // Without a list of wrong records, the column is not read.
    #expect(try evaluate(MemorySource("record,truth,class\nx,a,a\n")).figures.correct == 1)
  }

  @Test(arguments: [1, 2, 3, 7, 100, 5000])
  func theLimitKeepsTheWorst(limit: Int) throws {
    var state: UInt64 = 5
    let rows = (0..<1000).map { number in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // Few distinct values give many ties.
      return (number: number, probability: Double(state >> 33 & 15) / 16, isWrong: state >> 40 & 3 > 0)
    }
    let text = rows.reduce(into: "truth,class,probability\n") { text, row in
      text += "a,\(row.isWrong ? "b" : "a"),\(row.probability)\n"
    }
    let expected = rows.filter(\.isWrong)
      .sorted { ($1.probability, $0.number) < ($0.probability, $1.number) }
      .prefix(limit).map { "\($0.number)\ta\tb\t\($0.probability)\n" }
    #expect(
      try table(MemorySource(text), limit: limit)
        == "record\ttruth\tclass\tprobability\n" + expected.joined())
  }

  @Test func classesOfAStreamTakeTheirNamesFromItsEnd() throws {
    let format = RecordFormat(content: .prediction(classCount: 2), hasLabels: true, hasNames: true)
    var batch = RecordBatch(format: format)
    batch.count = 2
    batch.probabilities = [0.25, 0.75, 0.5, 0.5]
    (batch.predicted, batch.labels) = ([1, 1], [0, 1])
    batch.names = [[0x61, 0x09, 0xFF], [0x62]]
    let sink = MemorySink()
    let writer = TensorStreamWriter(sink, format: format)
    try writer.append(batch)
    try writer.finish(classes: ["tab\there", "=cmd()"], history: [])
    #expect(
      try table(MemorySource(sink.bytes))
        == "record\tname\ttruth\tclass\tprobability\n0\ta\\t\\xff\ttab\\there\t=cmd()\t0.75\n")
  }

  @Test func namesOfOtherToolsCannotBreakTheTable() throws {
    var text = Array("name,truth,class\n\"tab\t\u{1B}[31m\",\"a\n\",b\nC:\\new ".utf8)
    text += [0xFF] + Array(",b,\"a\n\"\n".utf8)
    let table = try table(MemorySource(text))
    #expect(
      table
        == "record\tname\ttruth\tclass\n0\ttab\\t\\x1b[31m\ta\\n\tb\n1\tC:\\new \\xff\tb\ta\\n\n")
  }
}
