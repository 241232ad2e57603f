import ByteIO
import MemoryStreams
import TensorStream
import Testing

@testable import Predictions

@Suite struct PredictionReaderTests {
  /// The rows that a reader must return for a batch, with or without the probabilities of all classes.
  private func expectedRows(_ batch: RecordBatch, withProbabilities: Bool) -> [PredictionRow] {
    let classCount = batch.format.classCount!
    return (0..<batch.count).map { index in
      var row = PredictionRow()
      row.truth = Int(batch.labels[index])
      row.predicted = Int(batch.predicted[index])
      row.probability = batch.probabilities[index * classCount + Int(batch.predicted[index])]
      if withProbabilities {
        row.probabilities = Array(batch.probabilities[index * classCount..<(index + 1) * classCount])
      }
      return row
    }
  }

  @Test(arguments: [PredictionFormat.tsv, .csv, .jsonl], [1, 7, 1 << 20])
  func writtenValuesAreReadBackToTheLastBit(format: PredictionFormat, step: Int) throws {
    let batch = randomBatch(count: 200, classCount: awkwardClasses.count, seed: 5)
    let text = try written(batch, format, classes: awkwardClasses) { $0.showsProbabilities = true }
    let (rows, reader) = try rows(MemorySource(text, step: step))
    #expect(reader.format == format)
    #expect(
      reader.columns
        == PredictionColumns(
          hasNames: true, hasTruth: true, hasProbability: true, hasProbabilities: true, rankCount: 1))
    #expect(reader.classes.names == awkwardClasses)
    #expect(reader.classes.order == Array(awkwardClasses.indices))
    #expect(rows.map(\.name).count == Set(rows.map(\.name)).count)
    let nameless = rows.map { row in
      var row = row
      row.name = []
      return row
    }
    #expect(nameless == expectedRows(batch, withProbabilities: true))
  }

  @Test(arguments: PredictionFormat.allCases)
  func everyFormatGivesARecordTheSameName(format: PredictionFormat) throws {
    let batch = batch([[0.5, 0.5]], labels: [0], names: ["dir\\a\tb\u{1B}é,\""])
    let source: MemorySource
    if format == .raw {
      let sink = MemorySink()
      let writer = TensorStreamWriter(sink, format: batch.format)
      try writer.append(batch)
      try writer.finish(classes: nil, history: [])
      source = MemorySource(sink.bytes)
    } else {
      source = MemorySource(try written(batch, format))
    }
    let name = try rows(source).rows[0].name
    #expect(String(decoding: name, as: UTF8.self) == #"dir\\a\tb\x1bé,""#)
  }

  @Test func recordsAreReadAsRows() throws {
    let batch = randomBatch(count: 3000, classCount: 5, seed: 9)
    let sink = MemorySink()
    let writer = TensorStreamWriter(sink, format: batch.format)
    try writer.append(batch)
    try writer.finish(classes: ["v", "w", "x", "y", "z"], history: [])
    let (rows, reader) = try rows(MemorySource(sink.bytes, step: 1000))
    #expect(reader.format == .raw)
    #expect(reader.classes.names == ["v", "w", "x", "y", "z"])
    #expect(rows.map(\.truth) == batch.labels.map(Int.init))
    #expect(rows.map(\.predicted) == batch.predicted.map(Int.init))
    #expect(rows.flatMap(\.probabilities) == batch.probabilities)
  }

  @Test func columnsMayComeInAnyOrderAmongOthers() throws {
    let text = "p:b\tnote\ttruth\tclass\tp:a\r\n0.25\t\tb\ta\t0.75\r\n"
    let (rows, reader) = try rows(MemorySource(text))
    #expect(reader.classes.names == ["b", "a"])
    #expect(rows.count == 1)
    #expect(rows[0].truth == 0 && rows[0].predicted == 1 && rows[0].probability == nil)
    #expect(rows[0].probabilities == [0.25, 0.75])
  }

  @Test func quotedFieldsMayHoldCommasQuotesAndLineFeeds() throws {
    let text = "name,class\n\"a,\"\"b\"\"\nc\",\"x\"\n,y\n"
    let (rows, _) = try rows(MemorySource(text, step: 3))
    #expect(rows.map { String(decoding: $0.name, as: UTF8.self) } == ["a,\"b\"\\nc", ""])
    #expect(rows.map(\.predicted) == [0, 1])
  }

  @Test func aByteOrderMarkIsNotPartOfTheHeader() throws {
    let (rows, reader) = try rows(MemorySource("\u{FEFF}truth,class\r\na,b\r\n"))
    #expect(reader.columns.hasTruth && rows.count == 1)
  }

  @Test(arguments: ["record\tclass\tclass2\n0\ta\tb\n1\t\t\n", "class,class2\na,b\n,\n"])
  func anEmptyClassIsAnAbstention(text: String) throws {
    let (rows, reader) = try rows(MemorySource(text))
    #expect(rows.map(\.predicted) == [0, nil])
    #expect(rows.map(\.runnersUp) == [[1], []])
    #expect(reader.columns.rankCount == 2)
  }

  @Test func nullIsAnAbstention() throws {
    let text = #"{"class":"a","class2":"b"}"# + "\n" + #"{"class2":null,"class":null}"# + "\n"
    let (rows, _) = try rows(MemorySource(text))
    #expect(rows.map(\.predicted) == [0, nil])
    #expect(rows.map(\.runnersUp) == [[1], []])
  }

  @Test(arguments: [
    ("class\n10\n9\n0\n", ["0", "9", "10"]),
    ("class\nBag\nDress\nT-shirt/top\n", ["T-shirt/top", "Dress", "Bag"]),
    ("class\nBag\nDress\nApple\n", ["Apple", "Bag", "Dress"]),
    ("class\nb\n10\né\nB\n9\n", ["10", "9", "B", "b", "é"]),
  ])
  func classesFoundInRowsHaveAFixedOrder(text: String, expected: [String]) throws {
    let classes = try rows(MemorySource(text)).reader.classes
    #expect(classes.order.map { classes.names[$0] } == expected)
  }

  @Test func givenClassesAreRecognisedByNameOrIndex() throws {
    let given = ["x", "7", "z"]
    let (rows, reader) = try rows(
      MemorySource("class\tp:2\tp:x\tp:7\nz\t1\t0\t0\n7\t0\t0\t1\n0\t0\t1\t0\n"), classes: given)
    #expect(rows.map(\.predicted) == [2, 1, 0])
    #expect(rows.map(\.probabilities) == [[0, 0, 1], [0, 1, 0], [1, 0, 0]])
    #expect(reader.classes.names == given)
  }

  @Test(arguments: [
    ("", "stdin: expected predictions, found no bytes at all; did the command that writes them fail?"),
    (
      "a\tb\n",
      "stdin: line 1: expected a header with the column 'class', found 'a', 'b'"
    ),
    ("class\tx\tx\n", "stdin: line 1, column x: the header has this column twice"),
    ("class\ttruth\na\n", "stdin: line 2: expected 2 fields, one for each column, found 1"),
    ("class\ttruth\na\ta\nb\t\n", "stdin: line 3, column truth: expected a class, found nothing"),
    (
      "class\na",
      "stdin: line 2: the input ends inside the line, as if it had been cut short; if it is whole, end it with a newline"
    ),
    (
      "class,probability\na,1.5\n",
      "stdin: line 2, column probability: expected a number from 0 to 1, found '1.5'"
    ),
    (
      "class,probability\na,nan\n",
      "stdin: line 2, column probability: expected a number from 0 to 1, found 'nan'"
    ),
    ("class,probability\na,\n", "stdin: line 2, column probability: expected a number from 0 to 1, found ''"),
    (
      "class,p:a,p:b\na,0.5,0.25\n",
      "stdin: line 2: expected probabilities that add up to 1, found a sum of 0.75"
    ),
    ("class,n\na,\"b\"c\n", "stdin: line 2: expected a separator after the closing quote, found more text"),
    ("class,n\na,\"b\n\n", "stdin: line 3: the input ends inside quotes"),
    (
      "class,p:a,p:b\nc,0.5,0.5\n",
      "stdin: line 2, column class: 'c' is not one of the 2 classes that have probabilities"
    ),
    (
      "{\"class\":\"a\"}\n{\"klass\":1}\n",
      "stdin: line 2: the key \"class\" is missing; every line needs it"
    ),
    ("{\"class\":\"a\"}\n[]\n", "stdin: line 2: expected a JSON object, found another value"),
    ("{\"class\":1.5}\n", "stdin: line 1, column class: expected a string or an index"),
    (
      "{\"class\":\"a\",\"probability\":\"1\"}\n",
      "stdin: line 1, column probability: expected a number from 0 to 1, found '\"1\"'"
    ),
    (
      "{\"class\":\"a\",\"probabilities\":{\"a\":0.5,\"b\":0.5}}\n{\"class\":\"a\",\"probabilities\":{\"a\":1}}\n",
      "stdin: line 2, column probabilities: the class 'b' has no probability"
    ),
    (
      "PK\u{3}\u{4}\u{0}",
      "stdin: expected predictions as text or as a tensor stream, found a zip archive; unpack it with 'unzip'"
    ),
  ])
  func mistakesAreReportedWithTheirPlace(text: String, expected: String) {
    #expect(message { _ = try rows(MemorySource(text)) } == expected)
  }

  @Test(arguments: [PredictionFormat.tsv, .csv, .jsonl])
  func aCutInsideALineIsNoticed(format: PredictionFormat) throws {
    let sample = randomBatch(count: 5, classCount: 2, seed: 3)
    let bytes = Array(try written(sample, format) { $0.showsProbabilities = true }.utf8)
    for count in 0..<bytes.count {
      let isLineEnd = count > 0 && bytes[count - 1] == UInt8(ascii: "\n")
      let text = message { _ = try rows(MemorySource(Array(bytes.prefix(count)))) }
      #expect((text == nil) == isLineEnd, "\(count) bytes")
    }
  }

  @Test(arguments: [PredictionFormat.tsv, .csv, .jsonl])
  func damagedBytesAreReadOrRefused(format: PredictionFormat) throws {
    let sample = randomBatch(count: 3, classCount: 3, seed: 8)
    let bytes = Array(try written(sample, format) { $0.showsProbabilities = true }.utf8)
    for position in bytes.indices {
      for byte in [0, 9, 10, 13, 34, 44, 45, 46, 48, 92, 101, 0x80, 0xFF] as [UInt8] {
        var damaged = bytes
        damaged[position] = byte
        do {
          // If the damaged text is read, its rows are consistent.
          let found = try rows(MemorySource(damaged))
          let classCount = found.reader.classes.names.count
          #expect(found.rows.allSatisfy { $0.truth.map { $0 < classCount } ?? true })
          #expect(found.rows.allSatisfy { [0, classCount].contains($0.probabilities.count) })
        } catch {
          #expect(error is PredictionError, "\(error)")
        }
      }
    }
  }

  @Test func malformedJSONIsReportedWithItsPlace() throws {
    let text = try #require(message { _ = try rows(MemorySource("{\"class\":\"a\"}\n{\"class\":}\n")) })
    #expect(text.hasPrefix("stdin: line 2: expected a JSON object: byte 9: "))
  }

  @Test func compressedInputIsRecognised() throws {
    let text = try #require(message { _ = try rows(MemorySource([0x1F, 0x8B, 8, 0])) })
    #expect(text.contains("gzip -dc"))
  }

  @Test func classesThatDoNotMatchAreRefused() {
    #expect(
      message { _ = try rows(MemorySource("class,p:a\na,1\n"), classes: ["a", "b"]) }
        == "stdin: line 1: the class 'b' has no probability")
    #expect(
      message { _ = try rows(MemorySource("class\n2\n"), classes: ["a", "b"]) }
        == "stdin: line 2, column class: '2' is not one of the 2 classes that were given")
    #expect(
      message { _ = try rows(MemorySource("class,p:a,p:0\na,0,1\n"), classes: ["a", "b"]) }
        == "stdin: line 1: the class 'a' has two probabilities")
  }

  @Test func aColumnOfNamesTakenForClassesIsRefused() {
    let text = "class\n" + (0...ClassTable.limit).map { "f\($0).png\n" }.joined()
    #expect(
      message { _ = try rows(MemorySource(text)) }
        == "stdin: line 1026, column class: found more than 1024 classes; is this the column of classes?")
  }

  @Test func anEndlessLineIsRefusedBeforeItFillsTheMemory() {
    let text = "class\n" + String(repeating: "x", count: 3 << 20)
    #expect(
      message { _ = try rows(MemorySource(text)) }
        == "stdin: line 2: expected at most 1048576 bytes, found more")
  }

  @Test func imagesAreRefused() throws {
    let shape = ImageShape(height: 1, width: 2, channels: 1)
    var batch = RecordBatch(
      format: RecordFormat(content: .image(shape), hasLabels: false, hasNames: false))
    batch.count = 1
    batch.images = [1, 2]
    let sink = MemorySink()
    let writer = TensorStreamWriter(sink, format: batch.format)
    try writer.append(batch)
    try writer.finish(classes: nil, history: [])
    #expect(
      message { _ = try rows(MemorySource(sink.bytes)) }
        == "stdin: expected predictions, found images")
  }
}

@Suite struct EscapedNamesTests {
  @Test(arguments: ["", "plain", "a\tb\nc\rd\\e", "\u{1B}\u{7F}\u{85}é", "\\x41", "\\\\t"])
  func displayedNamesAreReadBack(name: String) {
    #expect(undisplayed(Array(displayed(name).utf8)) == name)
  }

  @Test(arguments: ["C:\\dir", "\\", "\\x4", "\\x+1", "\\xff"])
  func otherBackslashesAreKept(text: String) {
    #expect(undisplayed(Array(text.utf8)) == text)
  }
}
