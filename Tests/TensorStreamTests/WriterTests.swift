import MemoryStreams
import TensorStream
import Testing

private func images(_ side: Int, names: Bool) -> RecordFormat {
  RecordFormat(
    content: .image(ImageShape(height: side, width: side, channels: 1)), hasLabels: false, hasNames: names)
}

/// The record counts and name widths of a stream's chunks, from their headers.
private func chunks(_ bytes: [UInt8]) -> [(count: Int, width: Int)] {
  let text = String(decoding: bytes, as: Unicode.ASCII.self)
  return text.matches(of: /'descr': \[([^\]]*)\][^}]*'shape': \((\d+),\)/).map { match in
    let width = match.1.firstMatch(of: /\|S(\d+)/)?.1
    return (Int(match.2)!, width.flatMap { Int($0) } ?? 0)
  }
}

@Suite struct WriterTests {
  @Test(arguments: [
    (28, 2500, [1024, 1024, 452]), (32, 1025, [1024, 1]), (33, 1000, [962, 38]), (1000, 3, [1, 1, 1]),
    (1024, 2, [1, 1]), (1025, 2, [1, 1]), (64, 256, [256]), (64, 257, [256, 1]),
  ])
  func chunksEndAfter1024RecordsOrAMebibyte(_ side: Int, _ count: Int, _ expected: [Int]) throws {
    var batch = RecordBatch(format: images(side, names: false))
    batch.count = count
    batch.images = [UInt8](repeating: 1, count: side * side * count)
    #expect(chunks(try stream(batch)).map(\.count) == expected)
  }

  @Test func theLongestNameOfAChunkSetsTheWidth() throws {
    var batch = RecordBatch(format: images(1, names: true))
    batch.count = 2050
    batch.images = [UInt8](repeating: 1, count: 2050)
    batch.names = (0..<2050).map { [UInt8](repeating: 65, count: $0 < 1024 ? 0 : $0 < 2048 ? $0 % 7 : 4096) }
    let found = chunks(try stream(batch))
    #expect(found.map(\.count) == [1024, 1024, 2])
    #expect(found.map(\.width) == [1, 6, 4096])
  }

  @Test func aLongNameEndsAChunkThatItWouldMakeTooLarge() throws {
    var batch = RecordBatch(format: images(1, names: true))
    batch.count = 600
    batch.images = [UInt8](repeating: 1, count: 600)
    batch.names = [[UInt8]](repeating: [65], count: 600)
    batch.names[400] = [UInt8](repeating: 66, count: 4095)
    let found = chunks(try stream(batch))
    // 256 records of 4,096 bytes are a mebibyte, so the long name shares a chunk with 199 others, not with the 400
    // before it.
    #expect(found.map(\.count) == [400, 200])
    #expect(found.map(\.width) == [1, 4095])
    #expect(try Content(try stream(batch)).records == batch)
  }

  @Test func aFullChunkIsWrittenImmediately() throws {
    let format = images(28, names: false)
    let sink = MemorySink()
    let writer = TensorStreamWriter(sink, format: format)
    try writer.append(sampleBatch(format, count: 1023))
    #expect(sink.bytes.isEmpty)
    try writer.append(sampleBatch(format, count: 1))
    #expect(sink.bytes.count == 128 + 1024 * 784)
  }

  @Test func namesThatNoReaderAcceptsAreRefused() throws {
    var batch = sampleBatch(images(2, names: true), count: 3)
    batch.names = [[65], [UInt8](repeating: 66, count: 4097), [67]]
    var error = #expect(throws: StreamError.self) { try stream(batch) }
    #expect(
      error?.description == "stdout: cannot write record 1: expected a name of at most 4096 bytes, got 4097")
    batch.names[1] = [66, 0]
    error = #expect(throws: StreamError.self) { try stream(batch) }
    #expect(
      error?.description == "stdout: cannot write record 1: expected a name without NUL, found a NUL inside")
  }

  @Test func valuesThatNoReaderAcceptsAreRefused() throws {
    let format = RecordFormat(content: .prediction(classCount: 2), hasLabels: true, hasNames: false)
    var batch = sampleBatch(format, count: 3)
    batch.labels = [0, 1, 2]
    #expect(throws: StreamError.self) { try stream(batch) }
    batch.labels[2] = 1
    #expect(throws: Never.self) { try stream(batch) }
    batch.predicted[1] = 2
    #expect(throws: StreamError.self) { try stream(batch) }
    batch.predicted[1] = 1
    batch.probabilities[5] = .nan
    #expect(throws: StreamError.self) { try stream(batch) }
  }

  @Test func classesThatNoReaderAcceptsAreRefused() throws {
    let format = RecordFormat(
      content: .image(ImageShape(height: 1, width: 1, channels: 1)), hasLabels: true, hasNames: false)
    let batch = sampleBatch(format, count: 20)
    for classes in [[], ["a", "a"], [""], (0..<257).map(String.init), (0..<9).map(String.init)] {
      #expect(throws: StreamError.self, "\(classes.count) classes") { try stream(batch, classes: classes) }
    }
    #expect(throws: Never.self) { try stream(batch, classes: (0..<256).map(String.init)) }
    let error = #expect(throws: StreamError.self) { try stream(batch, classes: ["a"]) }
    #expect(error?.description == "stdout: cannot write record 7: expected label below 1, got 9")
  }

  @Test(arguments: [
    RecordFormat.Content.image(ImageShape(height: 4097, width: 1, channels: 1)),
    .image(ImageShape(height: 1, width: 0, channels: 1)),
    .image(ImageShape(height: 1, width: 1, channels: 4)),
    .prediction(classCount: 0), .prediction(classCount: 257),
  ])
  func formatsThatNoReaderAcceptsAreRefused(_ content: RecordFormat.Content) {
    let format = RecordFormat(content: content, hasLabels: false, hasNames: false)
    #expect(throws: StreamError.self) { try stream(RecordBatch(format: format)) }
  }
}
