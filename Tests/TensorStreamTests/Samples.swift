// Records for the tests.
import MemoryStreams
import TensorStream

/// Small formats with every combination of fields.
let sampleFormats: [RecordFormat] = [
  RecordFormat.Content.image(ImageShape(height: 2, width: 3, channels: 1)),
  .image(ImageShape(height: 1, width: 1, channels: 3)),
  .image(ImageShape(height: 28, width: 28, channels: 1)),
  .prediction(classCount: 1), .prediction(classCount: 10), .prediction(classCount: 256),
  .prediction(classCount: 10, isLogarithmic: true),
].flatMap { content in
  [(false, false), (true, false), (false, true), (true, true)].map {
    RecordFormat(content: content, hasLabels: $0.0, hasNames: $0.1)
  }
}

/// Bytes without a period that could coincide with a record's size: the high bytes of a linear congruential generator.
private let noise: [UInt8] = {
  var state: UInt32 = 1
  return (0..<2000).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return UInt8(state >> 24)
  }
}()

private let noiseProbabilities = noise.map { Float($0) / 255 }

/// Records in which every byte depends on its place, so that a misplaced byte is noticed. Labels are below 10.
func sampleBatch(_ format: RecordFormat, count: Int, longestName: Int = 11) -> RecordBatch {
  var batch = RecordBatch(format: format)
  batch.count = count
  let labelCount = min(format.classCount ?? 10, 10)
  for record in 0..<count {
    if let shape = format.imageShape {
      let start = record * 31 % 1000
      batch.images += noise[start..<start + shape.byteCount]
    }
    if format.hasLabels { batch.labels.append(UInt8(record * 7 % labelCount)) }
    if format.hasNames {
      batch.names.append((0..<record * 5 % (longestName + 1)).map { UInt8(1 + (record + $0 * 3) % 255) })
    }
    if let classCount = format.classCount {
      batch.predicted.append(UInt8(record * 3 % labelCount))
      let start = record * 31 % 1000
      let values = noiseProbabilities[start..<start + classCount]
      batch.probabilities += format.isLogarithmic ? values.map { -300 * $0 } : Array(values)
    }
  }
  return batch
}

/// Writes the batches as one stream.
func stream(
  _ batches: RecordBatch..., classes: [String]? = nil, history: [String] = ["test"]
) throws -> [UInt8] {
  let sink = MemorySink()
  let writer = TensorStreamWriter(sink, format: batches[0].format)
  for batch in batches { try writer.append(batch) }
  try writer.finish(classes: classes, history: history)
  return sink.bytes
}

/// The content of a stream, read to its end.
struct Content: Equatable {
  var records: RecordBatch
  var classes: [String]?
  var history: [String]

  init(_ bytes: [UInt8], step: Int = .max, limit: Int = 100) throws {
    let reader = try TensorStreamReader(MemorySource(bytes, step: step))
    records = RecordBatch(format: reader.format)
    var batch = RecordBatch(format: reader.format)
    while true {
      let count = try reader.read(into: &batch, limit: limit)
      precondition(count == batch.count && count <= limit)
      if count == 0 { break }
      records.append(0..<count, of: batch)
    }
    precondition(reader.recordCount == records.count)
    classes = reader.classes
    history = reader.history
  }
}

/// An array with the given text in its header, right or wrong, and the given content.
func array(_ text: String, _ content: [UInt8] = [], terminator: String = "\n") -> [UInt8] {
  let text = Array((text + terminator).utf8)
  return [0x93] + "NUMPY".utf8 + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text + content
}

/// An end with the given JSON, right or wrong.
func end(_ json: String) -> [UInt8] {
  array("{'descr': '|S\(json.utf8.count)', 'fortran_order': False, 'shape': (), }", Array(json.utf8))
}
