// Writes predictions as lines of text. PredictionFormat.swift describes the formats and columns.
import ByteIO
import TensorStream

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A picture without a prediction, which gets a row with an error.
public struct FailedRecord: Equatable, Sendable {
  public var name: [UInt8]
  /// The error message. It is written in its displayed form, as names are.
  public var reason: String
  /// The number of the batch's records before it.
  public var place: Int

  public init(name: [UInt8], reason: String, place: Int) {
    self.name = name
    self.reason = reason
    self.place = place
  }
}

/// Writes predictions as TSV, CSV or JSON Lines, with one write to the sink per batch.
public final class PredictionTextWriter {
  private let sink: any ByteSink
  private let format: PredictionFormat
  private let records: RecordFormat
  private let options: PredictionTextOptions
  private let classCount: Int
  /// For each class, the minimum probability for naming it, on the records' scale: its logarithm if they are
  /// logarithmic.
  private let minimums: [Float]
  /// The class names or indices as fields of the format.
  private let classFields: [[UInt8]]
  /// The text before each field: separators, or keys in JSON.
  private let keys: Keys
  private var row = RowBytes()
  private var recordCount = 0
  private var isHeaderWritten: Bool
  /// The runners-up of one record, the likeliest first, at most `top` - 1.
  private var ranking: [Int] = []

  /// Creates a writer for records of the format `records`. `classes` are the class names, if known. `format` is a text
  /// format; `TensorStreamWriter` writes ``PredictionFormat/raw``.
  public init(
    _ sink: any ByteSink, format: PredictionFormat, records: RecordFormat, classes: [String]?,
    options: PredictionTextOptions = PredictionTextOptions()
  ) throws(PredictionError) {
    precondition(format != .raw, "raw predictions are no text")
    guard let classCount = records.classCount else { throw .notPredictions }
    guard classes == nil || classes?.count == classCount else {
      throw .classNameCount(names: classes?.count ?? 0, classes: classCount)
    }
    guard 1...max(1, classCount) ~= options.top else {
      throw .topOutOfRange(top: options.top, classes: classCount)
    }
    self.sink = sink
    self.format = format
    self.records = records
    self.options = options
    self.classCount = classCount
    let own = options.minimumProbabilities
    precondition(own.isEmpty || own.count == classCount, "\(own.count) minimums for \(classCount) classes")
    minimums = (0..<classCount).map { label in
      let minimum = max(options.minimumProbability, own.isEmpty ? 0 : own[label])
      return records.isLogarithmic ? log(minimum) : minimum
    }
    let shownNames = options.labels == .name ? classes : nil
    let names = shownNames ?? (0..<classCount).map(String.init)
    classFields = names.map { name in
      var field = RowBytes()
      // An index is a number, which JSON does not quote.
      field.append(name: Array(name.utf8), as: shownNames == nil ? .tsv : format)
      return field.bytes
    }
    keys = Keys(format: format, records: records, options: options, classes: names)
    isHeaderWritten = format == .jsonl || !options.hasHeader
  }

  /// Writes a row for each record of a batch, and between them a row for each failure. Failures are in the order of
  /// their places.
  ///
  /// - Complexity: O(r · c · t) for r records, c classes and t named classes (``PredictionTextOptions/top``). Memory
  ///   holds the text of one batch.
  public func write(_ batch: RecordBatch, failures: [FailedRecord] = []) throws {
    precondition(batch.format == records, "a batch of \(batch.format) among \(records)")
    precondition(failures.isEmpty || options.showsErrors && records.hasNames, "rows without errors or names")
    row.removeAll()
    appendHeader()
    var failures = failures[...]
    for index in 0...batch.count {
      while let failure = failures.first, failure.place <= index {
        append(failure)
        failures.removeFirst()
      }
      if index < batch.count { try append(batch, index) }
    }
    try row.bytes.withUnsafeBytes { try sink.write($0) }
  }

  /// Writes the header if there were no records. The sink is not committed.
  public func finish() throws {
    row.removeAll()
    appendHeader()
    if !row.bytes.isEmpty { try sink.write(row.bytes) }
  }

  private func appendHeader() {
    if !isHeaderWritten { row.append(keys.header) }
    isHeaderWritten = true
  }

  private func append(_ batch: RecordBatch, _ index: Int) throws(PredictionError) {
    let first = index * classCount
    let predicted = Int(batch.predicted[index])
    let label = records.hasLabels ? Int(batch.labels[index]) : predicted
    guard max(label, predicted) < classCount else {
      throw .labelOutOfRange(record: recordCount, label: max(label, predicted), classes: classCount)
    }
    guard batch.probabilities[first..<first + classCount].allSatisfy(\.isFinite) else {
      throw .notFinite(record: recordCount)
    }
    row.append(keys.identifier)
    if records.hasNames {
      row.append(name: batch.names[index], as: format)
    } else {
      row.append(decimal: recordCount)
    }
    if records.hasLabels {
      row.append(keys.truth)
      row.append(classFields[label])
    }
    appendRanked(predicted, batch.probabilities[first + predicted], rank: 0)
    if options.top > 1 { appendRunnersUp(to: predicted, of: batch, first: first) }
    if options.showsProbabilities {
      for label in 0..<classCount {
        row.append(keys.probabilities[label])
        row.append(batch.probabilities[first + label])
      }
      row.append(keys.probabilitiesEnd)
    }
    if options.showsErrors {
      row.append(keys.error)
      row.append(keys.noValue)
    }
    row.append(keys.end)
    recordCount += 1
  }

  private func append(_ failure: FailedRecord) {
    row.append(keys.identifier)
    row.append(name: failure.name, as: format)
    if records.hasLabels {
      row.append(keys.truth)
      row.append(keys.noValue)
    }
    for rank in keys.ranked {
      row.append(rank.label)
      row.append(keys.noValue)
      row.append(rank.probability)
      row.append(keys.noValue)
    }
    row.append(keys.noProbabilities)
    row.append(keys.error)
    row.append(name: Array(failure.reason.utf8), as: format)
    row.append(keys.end)
  }

  private func appendRanked(_ label: Int, _ probability: Float, rank: Int) {
    row.append(keys.ranked[rank].label)
    if probability >= minimums[label] {
      row.append(classFields[label])
    } else if format == .jsonl {
      row.append("null")
    }
    row.append(keys.ranked[rank].probability)
    row.append(probability)
  }

  /// Appends the classes after the predicted one, the likeliest first. Equally likely classes keep their order.
  private func appendRunnersUp(to predicted: Int, of batch: RecordBatch, first: Int) {
    // Insertion into a short sorted list: a row names only a few of at most 256 classes.
    ranking.removeAll(keepingCapacity: true)
    for label in 0..<classCount where label != predicted {
      let probability = batch.probabilities[first + label]
      var place = ranking.count
      while place > 0, batch.probabilities[first + ranking[place - 1]] < probability { place -= 1 }
      guard place < options.top - 1 else { continue }
      ranking.insert(label, at: place)
      if ranking.count == options.top { ranking.removeLast() }
    }
    for (index, label) in ranking.enumerated() {
      appendRanked(label, batch.probabilities[first + label], rank: index + 1)
    }
  }
}
