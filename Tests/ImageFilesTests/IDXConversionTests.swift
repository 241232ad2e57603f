import ByteIO
import ImageFiles
import TensorStream
import Testing

@Suite struct IDXConversionTests {
  // More than two batches of 1024.
  static let count = 2100
  static let pixels = sampleBytes(count * 2 * 3)
  static let labelValues = sampleBytes(count).map { $0 % 10 }
  static let images = idx(sizes: [count, 2, 3], data: pixels)
  static let labels = idx(sizes: [count], data: labelValues)

  @Test(arguments: [
    0..<2100, 0..<Int.max, 0..<1, 2099..<2100, 2099..<Int.max, 1023..<1025, 1024..<2048, 5..<2095, 100..<101,
  ])
  func requestedRowsAreWrittenUnchanged(rows: Range<Int>) throws {
    let written = try convert(Self.images, Self.labels, rows: rows)
    let expected = rows.clamped(to: 0..<Self.count)
    #expect(written.count == expected.count)
    #expect(written.labels == Array(Self.labelValues[expected]))
    #expect(written.images == Array(Self.pixels[expected.lowerBound * 6..<expected.upperBound * 6]))
  }

  @Test func rowsThatAreNotWrittenAreVerifiedToo() {
    for rows in [0..<1, 0..<1024] {
      #expect(throws: IDXError.trailingBytes(name: "sample", offset: Self.images.count)) {
        try convert(Self.images + [0], Self.labels, rows: rows)
      }
      #expect(throws: IDXError.self) { try convert(Self.images, Self.labels.dropLast(), rows: rows) }
      var compressed = gzip(Self.images)
      compressed[compressed.count - 1] ^= 1
      #expect(throws: GzipError.self) { try convert(compressed, Self.labels, rows: rows) }
    }
  }

  @Test(arguments: [0, 1023, 1024, 2099])
  func aLabelBeyondTheClassesIsRefusedWithItsRecord(record: Int) throws {
    var labels = Self.labels
    labels[8 + record] = 10
    let error = IDXError.label(
      name: "labels", record: record, byte: 8 + record, label: 10, classCount: 10)
    #expect(throws: error) { try convert(Self.images, labels, rows: 0..<1, classCount: 10) }
    #expect(
      error.description == """
        labels: record \(record), byte \(8 + record): expected a label below 10, the number of classes, found 10
        """)
    #expect(try convert(Self.images, labels, rows: 0..<2100, classCount: 11).labels[record] == 10)
    #expect(try convert(Self.images, labels, rows: 0..<2100).labels[record] == 10)
  }

  @Test(arguments: [2100, 2101, Int.max - 1])
  func skippingEverythingIsRefused(skipped: Int) {
    let error = IDXError.nothingLeft(name: "sample", count: 2100, skipped: skipped)
    #expect(throws: error) { try convert(Self.images, Self.labels, rows: skipped..<Int.max) }
    #expect(error.kind == .usage)
  }
}

/// Converts the files to a stream, and returns the records that its reader gets.
@discardableResult
private func convert(
  _ images: some Sequence<UInt8>, _ labels: some Sequence<UInt8>, rows: Range<Int>, classCount: Int? = nil
) throws -> RecordBatch {
  let sink = MemorySink()
  let reader = try IDXReader(
    images: MemorySource(Array(images)), labels: MemorySource(Array(labels), name: "labels"))
  let writer = TensorStreamWriter(sink, format: reader.format)
  try convertIDX(reader, rows: rows, classCount: classCount, to: writer)
  try writer.finish(classes: nil, history: ["test"])

  let stream = try TensorStreamReader(MemorySource(sink.bytes))
  var all = RecordBatch(format: stream.format)
  var batch = RecordBatch(format: stream.format)
  while case let count = try stream.read(into: &batch, limit: 1000), count > 0 {
    all.append(0..<count, of: batch)
  }
  return all
}

/// A sink that keeps the bytes in memory.
private final class MemorySink: ByteSink {
  let name = "memory"
  private(set) var bytes: [UInt8] = []

  func write(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
}
