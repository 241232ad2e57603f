// Inputs, outputs and predictions for the tests.
import MemoryStreams
import TensorStream

@testable import Predictions

/// Class names that need every kind of escape and quote.
let awkwardClasses = ["a,b", "say \"hi\"", "tab\there", "back\\slash", "\u{1B}[1m é", "{p:x}"]

/// A batch of records with these rows of probabilities. The predicted class is the likeliest.
func batch(
  _ rows: [[Float]], labels: [UInt8]? = nil, names: [String]? = nil
) -> RecordBatch {
  let format = RecordFormat(
    content: .prediction(classCount: rows[0].count), hasLabels: labels != nil, hasNames: names != nil)
  var batch = RecordBatch(format: format)
  batch.count = rows.count
  batch.probabilities = rows.flatMap { $0 }
  batch.predicted = rows.map { row in UInt8(row.firstIndex(of: row.max()!)!) }
  batch.labels = labels ?? []
  batch.names = names?.map { Array($0.utf8) } ?? []
  return batch
}

/// A batch of random distributions with labels and with names that need escapes.
func randomBatch(count: Int, classCount: Int, seed: UInt64) -> RecordBatch {
  var state = seed
  func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33
  }
  let rows = (0..<count).map { _ in
    // Cubes spread the values over many magnitudes.
    let weights = (0..<classCount).map { _ in
      Float(next() % 1000) * Float(next() % 1000) * Float(next() % 1000) + 1
    }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }
  let characters: [String] = ["a", "/", ".", "\t", "\n", "\\", "\"", ",", "é", "\u{7F}", " "]
  let names = (0..<count).map { index in
    "\(index)" + (0..<next() % 9).map { _ in characters[Int(next()) % characters.count] }.joined()
  }
  return batch(rows, labels: (0..<count).map { _ in UInt8(next() % UInt64(classCount)) }, names: names)
}

/// The text that the writer writes for a batch.
func written(
  _ batch: RecordBatch, _ format: PredictionFormat, classes: [String]? = nil,
  _ change: (inout PredictionTextOptions) -> Void = { _ in }
) throws -> String {
  var options = PredictionTextOptions()
  change(&options)
  let sink = MemorySink()
  let writer = try PredictionTextWriter(
    sink, format: format, records: batch.format, classes: classes, options: options)
  try writer.write(batch)
  try writer.finish()
  return sink.text
}

/// Reads all rows of an input. Returns the reader too, which has the classes.
func rows(
  _ source: MemorySource, classes: [String]? = nil
) throws -> (rows: [PredictionRow], reader: PredictionReader) {
  let reader = try PredictionReader(source, classes: classes)
  var rows: [PredictionRow] = []
  var row = PredictionRow()
  while try reader.next(&row) { rows.append(row) }
  return (rows, reader)
}
