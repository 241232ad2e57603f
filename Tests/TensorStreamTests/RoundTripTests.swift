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

@Suite struct RecordPlacesTests {
  private func places(_ bytes: [UInt8], step: Int = .max) throws -> RecordPlaces {
    let reader = try TensorStreamReader(MemorySource(bytes, step: step), notesPlaces: true)
    var batch = RecordBatch(format: reader.format)
    while try reader.read(into: &batch, limit: 100) > 0 {}
    return reader.places
  }

  /// The width of names, and so that of records, differs from chunk to chunk. Joined streams have ends between
  /// their chunks.
  @Test(arguments: [1, 997, .max])
  func recordsAreFoundAtTheirPlaces(_ step: Int) throws {
    let shape = ImageShape(height: 2, width: 3, channels: 1)
    let format = RecordFormat(content: .image(shape), hasLabels: true, hasNames: true)
    let one = sampleBatch(format, count: 1030, longestName: 3)
    let two = sampleBatch(format, count: 7, longestName: 20)
    let empty = try stream(RecordBatch(format: format))
    let bytes = try empty + stream(one) + empty + stream(two)
    let places = try places(bytes, step: step)
    #expect(places.count == 1037)
    for (batch, first) in [(one, 0), (two, one.count)] {
      for record in 0..<batch.count {
        let place = places.bytes(of: first + record)
        let image = batch.images[record * shape.byteCount..<(record + 1) * shape.byteCount]
        #expect(bytes[place].starts(with: image + [batch.labels[record]] + batch.names[record]))
      }
    }
  }

  @Test func placesAreNotedOnlyOnRequest() throws {
    let format = RecordFormat(
      content: .image(ImageShape(height: 1, width: 1, channels: 1)), hasLabels: true, hasNames: false)
    let reader = try TensorStreamReader(MemorySource(stream(sampleBatch(format, count: 5))))
    var batch = RecordBatch(format: format)
    while try reader.read(into: &batch, limit: 100) > 0 {}
    #expect(reader.recordCount == 5 && reader.places.count == 0)
  }
}
