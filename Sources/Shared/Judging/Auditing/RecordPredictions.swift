// Reads predictions of the records of a stream, puts them into the stream's order, and checks them against it.

import ByteIO
import Predictions
import TensorStream

/// The probabilities of every class for each record of a stream.
///
/// Memory: 4 bytes for each class of each record, and 24 more per record while they are read.
struct RecordPredictions {
  /// [record, class], row-major, both in the stream's order.
  private(set) var probabilities: [Float] = []
  private(set) var classCount = 0

  /// Reads predictions to their end. `index` is that of their stream, which must have labels.
  ///
  /// If both have names, a row belongs to the record with its name; otherwise, to the record in its column `record`, or
  /// to the next one. So predictions with names may come in any order, such as fold by fold. Throws ``AuditError``, or
  /// the errors of reading predictions.
  init(_ source: any ByteSource, of index: Int, _ records: AuditedRecords) throws {
    let reader = try PredictionReader(source)
    let stream = records.streams[index]
    guard reader.columns.hasProbabilities else { throw AuditError.noProbabilities(name: reader.name) }
    guard stream.hasLabels else { throw AuditError.noLabels(name: stream.name, predictions: reader.name) }
    var join = PredictionJoin(reader, stream, records)
    var truths: [(label: Int?, record: Int, place: RowPlace.Row)] = []
    var row = PredictionRow()
    while try reader.next(&row) {
      if row.isUnanswered { throw AuditError.unanswered(reader.place) }
      // If there are too many rows, only their number is of interest.
      if reader.rowCount > stream.records.count { continue }
      let record = try join.record(of: row)
      truths.append((row.truth, record, reader.place.row))
      store(row.probabilities, record, of: stream.records.count)
    }
    guard reader.rowCount == stream.records.count else {
      throw AuditError.otherCount(
        name: reader.name, rows: reader.rowCount, stream: stream.name, records: stream.records.count)
    }
    let labels = try Self.labels(of: reader, stream, records)
    for truth in truths {
      guard let found = truth.label.map({ labels[$0] }) else { continue }
      let label = Int(records.labels[stream.records.lowerBound + truth.record]!)
      if found == label { continue }
      throw AuditError.otherTruth(
        RowPlace(name: reader.name, row: truth.place), record: join.description(of: truth.record),
        truth: records.className(found), label: records.className(label), stream: stream.name)
    }
    order(by: labels)
  }

  private mutating func store(_ row: [Float], _ record: Int, of count: Int) {
    if probabilities.isEmpty {
      classCount = row.count
      probabilities = [Float](repeating: 0, count: count * classCount)
    }
    for (index, probability) in row.enumerated() { probabilities[record * classCount + index] = probability }
  }

  /// Puts the probabilities of each record into the order of the labels.
  private mutating func order(by labels: [Int]) {
    if labels.elementsEqual(labels.indices) { return }
    for start in stride(from: 0, to: probabilities.count, by: classCount) {
      let row = Array(probabilities[start..<start + classCount])
      for (index, label) in labels.enumerated() { probabilities[start + label] = row[index] }
    }
  }

  /// Returns the label of each class of the predictions.
  private static func labels(
    of reader: PredictionReader, _ stream: AuditedStream, _ records: AuditedRecords
  ) throws(AuditError) -> [Int] {
    let found = reader.classes.names
    if let wanted = records.classes, reader.areClassesNamed {
      let labels = found.compactMap { wanted.firstIndex(of: $0) }
      guard Set(labels).count == wanted.count, found.count == wanted.count else {
        throw .otherPredictedClasses(
          name: reader.name, ClassDifference(found: found, wanted: wanted), stream: stream.name)
      }
      return labels
    }
    // Labels without names need not include the last class.
    guard found.count == records.classCount || records.classes == nil && found.count > records.classCount
    else {
      throw .classCountDiffers(
        name: reader.name, classes: found.count, stream: stream.name, labels: records.classCount)
    }
    // Numbers are labels. Names that the stream does not have are in the order of the model's labels.
    let numbers = found.compactMap { Int($0) }
    return Set(numbers) == Set(found.indices) ? numbers : Array(found.indices)
  }
}

/// Finds the record of a stream that a row of predictions belongs to.
private struct PredictionJoin {
  private let reader: PredictionReader
  private let stream: AuditedStream
  private let names: ArraySlice<[UInt8]>
  private let isByName: Bool
  private var isTaken: [Bool]
  /// The record of each name, or -1 if several records have it. Built at the first row that is out of order.
  private var places: [[UInt8]: Int]?

  init(_ reader: PredictionReader, _ stream: AuditedStream, _ records: AuditedRecords) {
    (self.reader, self.stream) = (reader, stream)
    names = records.names[stream.records]
    isByName = reader.columns.hasNames && stream.hasNames
    isTaken = [Bool](repeating: false, count: stream.records.count)
  }

  /// Returns the record of the row that was read last, counted within the stream.
  mutating func record(of row: PredictionRow) throws(AuditError) -> Int {
    let record = try isByName ? record(named: row.name) : record(numbered: row)
    if isTaken[record] { throw .recordTwice(reader.place, record: description(of: record)) }
    isTaken[record] = true
    return record
  }

  func description(of record: Int) -> String {
    isByName ? "'\(displayed(names[names.startIndex + record]))'" : "record \(record)"
  }

  private func record(numbered row: PredictionRow) throws(AuditError) -> Int {
    guard reader.columns.hasRecords else { return reader.rowCount - 1 }
    guard let record = row.record else { throw .noNumber(reader.place) }
    guard record < isTaken.count else {
      throw .unknownRecord(reader.place, record: "record \(record)", stream: stream.name)
    }
    return record
  }

  private mutating func record(named name: [UInt8]) throws(AuditError) -> Int {
    let next = reader.rowCount - 1
    // If rows are in order, names may occur twice.
    if shownName(next) == name { return next }
    let places = places ?? allPlaces()
    self.places = places
    let text = "'\(String(decoding: name, as: UTF8.self))'"
    guard let place = places[name] else {
      throw .unknownRecord(reader.place, record: text, stream: stream.name)
    }
    guard place >= 0 else { throw .ambiguousName(name: reader.name, stream: stream.name, record: text) }
    return place
  }

  private func shownName(_ record: Int) -> [UInt8] { displayedBytes(names[names.startIndex + record]) }

  private func allPlaces() -> [[UInt8]: Int] {
    var places: [[UInt8]: Int] = [:]
    for record in 0..<names.count {
      let name = shownName(record)
      places[name] = places[name] == nil ? record : -1
    }
    return places
  }
}
