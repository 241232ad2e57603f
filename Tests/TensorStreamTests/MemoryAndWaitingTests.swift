import ByteIO
import MemoryStreams
import TensorStream
import Testing

/// Gives out one piece per read, and records the largest buffer that it was offered.
private final class PieceSource: ByteSource {
  let name = "stdin"
  private var pieces: [[UInt8]]
  private(set) var readCount = 0
  private(set) var largestBuffer = 0
  init(_ pieces: [[UInt8]]) { self.pieces = pieces }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    readCount += 1
    largestBuffer = max(largestBuffer, buffer.count)
    guard !pieces.isEmpty else { return 0 }
    let piece = pieces.removeFirst()
    buffer.copyBytes(from: piece)
    return piece.count
  }
}

@Suite struct MemoryAndWaitingTests {
  @Test func recordsAreGivenOutAsTheyArrive() throws {
    let format = RecordFormat(
      content: .image(ImageShape(height: 2, width: 3, channels: 1)), hasLabels: true, hasNames: false)
    let batch = sampleBatch(format, count: 5)
    let bytes = try stream(batch)
    // The pieces: the header and half a record, its other half, two and a half records, two more bytes of the
    // incomplete one, the remaining records, and the end.
    let cuts = [0, 128 + 3, 128 + 7, 128 + 24, 128 + 26, 128 + 35, bytes.count]
    let source = PieceSource(zip(cuts, cuts.dropFirst()).map { Array(bytes[$0..<$1]) })
    let reader = try TensorStreamReader(source)
    #expect(source.readCount == 1)
    var part = RecordBatch(format: format)
    #expect(try reader.read(into: &part, limit: 100) == 1)
    #expect(source.readCount == 2)
    #expect(part.images == Array(batch.images[0..<6]))
    #expect(try reader.read(into: &part, limit: 1) == 1)
    #expect(source.readCount == 3)
    #expect(try reader.read(into: &part, limit: 100) == 1)
    #expect(source.readCount == 3)
    #expect(try reader.read(into: &part, limit: 100) == 2)
    #expect(source.readCount == 5)
    #expect(part.labels == Array(batch.labels[3...]))
    #expect(try reader.read(into: &part, limit: 100) == 0)
  }

  @Test func theLastRecordsDoNotWaitForTheEndOfTheInput() throws {
    let format = sampleFormats[0]
    let bytes = try stream(sampleBatch(format, count: 5))
    let source = PieceSource([bytes])
    let reader = try TensorStreamReader(source)
    var batch = RecordBatch(format: format)
    #expect(try reader.read(into: &batch, limit: 100) == 5)
    #expect(source.readCount == 1)
    #expect(try reader.read(into: &batch, limit: 100) == 0)
  }

  /// Damage loses none of the complete records before it, however the bytes arrive and are requested.
  @Test(arguments: [1, 100, 150, Int.max], [1, 3, 100])
  func recordsBeforeDamageAreGivenOut(_ step: Int, _ limit: Int) throws {
    let format = RecordFormat(
      content: .prediction(classCount: 3), hasLabels: true, hasNames: true)
    let batch = sampleBatch(format, count: 7)
    let good = try stream(batch)
    let recordByteCount = 1 + 10 + 1 + 12
    let start = 10 + Int(good[8]) + Int(good[9]) << 8
    var badName = good
    badName[start + 4 * recordByteCount + 1] = 0
    var badLabel = good
    badLabel[start + 4 * recordByteCount] = 3
    badLabel[start + 2 * recordByteCount + 11] = 3
    let end = start + 7 * recordByteCount
    let otherFormat = try stream(sampleBatch(sampleFormats[0], count: 2))
    var badSum = good
    badSum[start + 1] ^= 1
    for (bytes, count) in [
      (badName, 4), (badLabel, 2), (badSum, 7), (good + [1, 2, 3], 7), (good + otherFormat, 7),
      (Array(good[..<end]) + otherFormat, 7), (Array(good[..<(end - 1)]), 6),
    ] {
      let reader = try TensorStreamReader(MemorySource(bytes, step: step))
      var all = RecordBatch(format: format)
      var part = RecordBatch(format: format)
      var message = ""
      do {
        while try reader.read(into: &part, limit: limit) > 0 { all.append(0..<part.count, of: part) }
      } catch {
        message = "\(error)"
        // The reader keeps throwing.
        #expect(throws: StreamError.self) { try reader.read(into: &part, limit: limit) }
      }
      #expect(all.count == count && reader.recordCount == count, "\(message)")
      #expect(all.predicted == Array(batch.predicted[..<count]))
      #expect(message != "")
    }
  }

  @Test func appendingStopsAtTheLimit() throws {
    let format = sampleFormats[0]
    let batch = sampleBatch(format, count: 9)
    let source = PieceSource([try stream(batch)])
    let reader = try TensorStreamReader(source)
    var part = RecordBatch(format: format)
    for (limit, count) in [(2, 2), (2, 2), (6, 6), (100, 9), (100, 9)] {
      try reader.append(to: &part, limit: limit)
      #expect(part.count == count)
    }
    #expect(part == batch)
    #expect(source.readCount == 1)
    #expect(try !reader.waitForRecord())
  }

  @Test func truncationKeepsTheFirstRecords() {
    for format in sampleFormats {
      let whole = sampleBatch(format, count: 5)
      for count in 0...5 {
        var beginning = whole
        beginning.truncate(to: count)
        #expect(beginning == sampleBatch(format, count: count))
      }
    }
  }

  @Test func smallChunksInTheBufferAreReadTogether() throws {
    let format = sampleFormats[0]
    let one = try stream(sampleBatch(format, count: 1))
    let reader = try TensorStreamReader(MemorySource(Array(repeatElement(one, count: 50).joined())))
    var batch = RecordBatch(format: format)
    #expect(try reader.read(into: &batch, limit: 40) == 40)
    #expect(try reader.read(into: &batch, limit: 40) == 10)
    #expect(try reader.read(into: &batch, limit: 40) == 0)
  }

  @Test(arguments: [
    ("[('image', '|u1', (28, 28)), ('name', '|S4096')]", "(1000000000000,)"),
    ("[('image', '|u1', (4096, 4096, 3))]", "(1000,)"),
    ("'|S16777216'", "()"),
  ])
  func claimedSizesAllocateNothing(_ descr: String, _ shape: String) throws {
    let header = array("{'descr': \(descr), 'fortran_order': False, 'shape': \(shape), }")
    let source = PieceSource([header] + [[UInt8]](repeating: [UInt8](repeating: 1, count: 5000), count: 20))
    #expect(throws: StreamError.self) {
      let reader = try TensorStreamReader(source)
      var batch = RecordBatch(format: reader.format)
      while try reader.read(into: &batch, limit: .max) > 0 { #expect(batch.count <= 20) }
    }
    #expect(source.readCount == 22)
    #expect(source.largestBuffer <= 1 << 20)
  }

  @Test func memoryStaysConstant() throws {
    let format = RecordFormat(
      content: .image(ImageShape(height: 28, width: 28, channels: 1)), hasLabels: true, hasNames: true)
    let segment = try stream(sampleBatch(format, count: 1100))
    let source = PieceSource([[UInt8]](repeating: segment, count: 20))
    let reader = try TensorStreamReader(source)
    var batch = RecordBatch(format: format)
    while try reader.read(into: &batch, limit: .max) > 0 {
      #expect(batch.images.count <= 1 << 20)
      #expect(batch.images.capacity <= 2 << 20)
    }
    #expect(reader.recordCount == 22_000)
    #expect(source.largestBuffer <= 1 << 20)
  }

  @Test func aRecordLargerThanTheBufferIsRead() throws {
    let format = RecordFormat(
      content: .image(ImageShape(height: 1000, width: 700, channels: 3)), hasLabels: true, hasNames: false)
    var batch = RecordBatch(format: format)
    batch.count = 2
    batch.images = [UInt8](repeating: 3, count: 2_100_000) + [UInt8](repeating: 4, count: 2_100_000)
    batch.labels = [1, 2]
    let content = try Content(try stream(batch), step: 65536)
    #expect(content.records == batch)
  }
}
