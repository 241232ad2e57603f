// The misclassified records as a table, the worst first. docs/evaluation.md describes its columns.
import ByteIO
import Predictions

/// A record whose predicted class is not the true one.
public struct WrongRecord: Equatable, Sendable {
  /// The record's number in the input or, without one, its position in the input, from 0.
  public var number: Int
  /// The record's name, escaped for display; empty if it has none.
  public var name: [UInt8]
  public var truth: String
  public var predicted: String
  /// The probability of the predicted class; `nil` if the input has none.
  public var probability: Float?
  /// The record's place in the input, for messages.
  public var place: RowPlace
}

/// Collects the records whose predicted class is not the true one, and writes them as TSV.
///
/// The worst come first: those whose wrong class has the highest probability. Equal ones, and those without
/// probabilities, are in the order of the input. Records without a predicted class are left out, since they were not
/// taken for anything.
///
/// Memory holds a few numbers and the name of each wrong record, of at most twice the limit.
public final class WrongRecords {
  private struct Record {
    /// The record's position in the input, from 0.
    let position: Int
    let number: Int
    let name: [UInt8]
    let truth: UInt16
    let predicted: UInt16
    let probability: Float
    let row: RowPlace.Row
  }

  private let limit: Int?
  private var records: [Record] = []
  /// The columns of the input; `nil` before the first row.
  private var columns: PredictionColumns?
  private var inputName = ""
  private var classNames: [String] = []

  /// Prepares to keep all wrong records, or the worst `limit`, which must be at least 1.
  public init(limit: Int? = nil) {
    precondition(limit ?? 1 > 0, "the worst \(limit ?? 0) records")
    self.limit = limit
  }

  /// Takes the columns and the name of an input before its first row.
  func begin(_ reader: PredictionReader) { (columns, inputName) = (reader.columns, reader.name) }

  /// The input's name in messages, and whether its records have names.
  public var input: (name: String, hasNames: Bool) { (inputName, columns?.hasNames == true) }

  /// Returns the worst `count` records, or all if there are fewer.
  ///
  /// - Complexity: O(`count`)
  public func worst(_ count: Int) -> [WrongRecord] {
    records.prefix(count).map { record in
      WrongRecord(
        number: record.number, name: record.name, truth: classNames[Int(record.truth)],
        predicted: classNames[Int(record.predicted)], probability: hasProbability ? record.probability : nil,
        place: RowPlace(name: inputName, row: record.row))
    }
  }

  private var hasProbability: Bool { columns?.hasProbability == true || columns?.hasProbabilities == true }

  /// Adds a record that `reader` has just read, if it is wrong.
  ///
  /// - Complexity: O(log `limit`) amortised; O(1) without a limit
  func add(_ row: PredictionRow, truth: Int, reader: PredictionReader) throws(EvaluationError) {
    if columns?.hasRecords == true && row.record == nil { throw .recordNumber(reader.place) }
    guard let predicted = row.predicted, predicted != truth else { return }
    let position = reader.rowCount - 1
    // There are at most ClassTable.limit classes.
    records.append(
      Record(
        position: position, number: row.record ?? position, name: row.name, truth: UInt16(truth),
        predicted: UInt16(predicted),
        probability: row.probability ?? (row.probabilities.isEmpty ? 0 : row.probabilities[predicted]),
        row: reader.place.row))
    // Sorting only after every `limit` records keeps the cost per record at O(log limit).
    if let limit, records.count >= 2 * limit { keepTheWorst(limit) }
  }

  /// Takes the names of the classes, which may be known only at the input's end.
  ///
  /// - Complexity: O(w log w) for w records that were kept
  func finish(_ classes: ClassTable) {
    classNames = classes.names
    keepTheWorst(limit ?? records.count)
  }

  private func keepTheWorst(_ count: Int) {
    records.sort {
      $0.probability == $1.probability ? $0.position < $1.position : $0.probability > $1.probability
    }
    records.removeLast(max(0, records.count - count))
  }

  /// Writes the table, with at most `limit` of the records. Without records, it is only a header. The sink is not
  /// committed.
  ///
  /// - Complexity: O(n + c) for n written records and c classes.
  public func write(to sink: any ByteSink, limit: Int? = nil) throws {
    precondition(columns != nil, "written before anything was read")
    let hasNames = input.hasNames
    let titles =
      ["record"] + (hasNames ? ["name"] : []) + ["truth", "class"]
      + (hasProbability ? ["probability"] : [])
    let names = classNames.map { Array(displayed($0).utf8) }
    try sink.write(titles.joined(separator: "\t") + "\n")
    for record in records.prefix(limit ?? records.count) {
      var line = Array("\(record.number)\t".utf8)
      if hasNames { line += record.name + [UInt8(ascii: "\t")] }
      line += names[Int(record.truth)] + [UInt8(ascii: "\t")] + names[Int(record.predicted)]
      if hasProbability { line += "\t\(record.probability)".utf8 }
      try sink.write(line + [UInt8(ascii: "\n")])
    }
  }
}
