import ByteIO
import MemoryStreams
import TensorStream
import Testing

@Suite struct RoundTripTests {
  @Test(arguments: sampleFormats, [1, 2, 1023, 1024, 1025])
  func recordsAreReadBackUnchanged(_ format: RecordFormat, _ count: Int) throws {
    let batch = sampleBatch(format, count: count)
    let classes = format.classCount.map { (0..<$0).map { "class \($0)" } } ?? ClassNames.fashionMNIST
    let bytes = try stream(batch, classes: classes, history: ["one | two", "three"])
    let content = try Content(bytes)
    #expect(content.records == batch)
    #expect(content.classes == classes)
    #expect(content.history == ["one | two", "three"])
  }

  @Test(arguments: [1, 2, 3, 63, 64, 1000, 65536], [1, 5, 1024, .max])
  func theSizesOfReadsDoNotMatter(_ step: Int, _ limit: Int) throws {
    let format = RecordFormat(
      content: .image(ImageShape(height: 4, width: 5, channels: 3)), hasLabels: true, hasNames: true)
    let batch = sampleBatch(format, count: 1500)
    let content = try Content(try stream(batch), step: step, limit: limit)
    #expect(content.records == batch)
    #expect(content.classes == nil)
  }

  @Test(arguments: sampleFormats)
  func theSizesOfWritesDoNotChangeTheBytes(_ format: RecordFormat) throws {
    let batch = sampleBatch(format, count: 2050)
    let whole = try stream(batch)
    for step in [3, 1024, 1025] {
      let sink = MemorySink()
      let writer = TensorStreamWriter(sink, format: format)
      for start in stride(from: 0, to: batch.count, by: step) {
        try writer.append(batch, rows: start..<min(start + step, batch.count))
      }
      #expect(writer.recordCount == 2050)
      try writer.finish(classes: nil, history: ["test"])
      #expect(sink.bytes == whole, "\(step) records at a time")
    }
  }
}
