import MemoryStreams
import TensorStream
import Testing

private func images(_ height: Int = 2, labels: Bool = true, names: Bool = true) -> RecordFormat {
  RecordFormat(
    content: .image(ImageShape(height: height, width: 3, channels: 1)), hasLabels: labels, hasNames: names)
}

/// A stream of one segment without records.
private func emptyStream(classes: [String]? = nil, history: [String] = []) throws -> [UInt8] {
  try stream(RecordBatch(format: images()), classes: classes, history: history)
}

@Suite struct SegmentTests {
  @Test(arguments: [1, 100, .max])
  func joinedStreamsAreReadAsOne(_ step: Int) throws {
    let one = sampleBatch(images(), count: 1030, longestName: 3)
    let two = sampleBatch(images(), count: 7, longestName: 20)
    let bytes =
      try stream(one, classes: ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], history: ["x", "y"])
      + stream(two, history: ["y", "z"])
    var both = one
    both.append(0..<7, of: two)
    let content = try Content(bytes, step: step)
    #expect(content.records == both)
    #expect(content.classes?.count == 10)
    #expect(content.history == ["x", "y", "z"])
  }

  @Test func streamsWithoutRecordsCanBeJoined() throws {
    let batch = sampleBatch(images(), count: 5)
    let empty = try emptyStream(history: ["nothing"])
    let bytes = try stream(batch)
    let content = try Content(empty + empty + bytes + empty)
    #expect(content.records == batch)
    #expect(content.history == ["nothing", "test"])
  }

  @Test(arguments: [
    (images(), images(3)), (images(), images(labels: false)), (images(), images(names: false)),
    (images(), RecordFormat(content: .prediction(classCount: 3), hasLabels: true, hasNames: true)),
  ])
  func otherRecordsAreRefused(_ one: RecordFormat, _ other: RecordFormat) throws {
    let start = try stream(sampleBatch(one, count: 2))
    let bytes = try start + stream(sampleBatch(other, count: 2))
    let error = #expect(throws: StreamError.self) { try Content(bytes) }
    #expect(
      error?.description
        == "stdin: chunk 2, byte \(start.count): expected \(one) as before, found \(other); "
        + "only streams of one format can be joined")
  }

  @Test func chunksOfASegmentHaveOneFormat() throws {
    let one = try stream(sampleBatch(images(), count: 2))
    let body = Array(one.prefix(one.lastIndex(of: 0x93)!))
    #expect(throws: StreamError.self) { try Content(body + stream(sampleBatch(images(3), count: 2))) }
  }

  @Test func otherClassesAreRefused() throws {
    let classes = ClassNames.fashionMNIST
    let batch = sampleBatch(images(), count: 2)
    let bytes = try stream(batch, classes: classes) + stream(batch, classes: classes.reversed())
    let error = #expect(throws: StreamError.self) { try Content(bytes) }
    #expect(error?.description.contains("only streams of the same classes can be joined") == true)
    #expect(throws: Never.self) {
      try Content(try stream(batch, classes: classes) + stream(batch, classes: classes))
    }
  }

  @Test func classesOfOneSegmentBoundTheLabelsOfAll() throws {
    var batch = sampleBatch(images(names: false), count: 4)
    batch.labels = [0, 3, 1, 2]
    let unnamed = try stream(batch)
    batch.labels = [0, 1, 1, 0]
    let named = try stream(batch, classes: ["a", "b"])
    for bytes in [unnamed + named, named + unnamed] {
      let error = #expect(throws: StreamError.self) { try Content(bytes) }
      #expect(error?.description.contains("expected label below 2, got 3") == true)
    }
  }

  @Test func aReaderCountsWhatItHasRead() throws {
    let bytes = try stream(sampleBatch(images(), count: 2050)) + emptyStream()
    let reader = try TensorStreamReader(MemorySource(bytes))
    var batch = RecordBatch(format: reader.format)
    while try reader.read(into: &batch, limit: 300) > 0 {}
    #expect(reader.recordCount == 2050)
    #expect(reader.chunkCount == 3)
    #expect(reader.segmentCount == 2)
    #expect(reader.byteCount == bytes.count)
    #expect(try reader.read(into: &batch, limit: 300) == 0)
  }
}
