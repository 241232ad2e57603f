// Selects the records that a table names, such as a table of fm-eval --wrong.
import ByteIO
import Evaluation
import Predictions
import TensorStream

/// The number or name that identifies a record in its stream.
public enum RecordKey: Hashable, Sendable {
  /// The record's number, counted from 0.
  case number(Int)
  /// The record's name, in its displayed form.
  case name([UInt8])
}

extension RecordKey: CustomStringConvertible {
  public var description: String {
    switch self {
    case .number(let number): "record \(number)"
    case .name(let name): "'\(String(decoding: name, as: UTF8.self))'"
    }
  }
}

/// The records that a table names, in the order of the table, with its rows.
///
/// The table has predictions, in any form, with a column `name` or `record`. If it has both, names are used if the
/// stream has them: they lead to the same image whatever was done to the stream.
public struct RecordSelection {
  /// The name of the table in messages.
  public let name: String
  /// The table's rows, up to the limit that was asked for.
  let rows: [PredictionNotes.Row]
  /// Whether the rows have names of records.
  let hasNames: Bool
  /// Whether the rows have numbers of records.
  let hasNumbers: Bool

  /// Reads a table to its end and keeps the first `limit` rows. Throws ``SelectionError``, or the errors of
  /// `PredictionReader`.
  ///
  /// - Complexity: One pass over the table. Memory is that of `limit` rows.
  public init(_ source: any ByteSource, limit: Int) throws {
    let reader = try PredictionReader(source)
    guard reader.columns.hasNames || reader.columns.hasRecords else {
      throw SelectionError.noKeys(name: reader.name)
    }
    var collected: [PredictionNotes.Row] = []
    var row = PredictionRow()
    while try reader.next(&row) {
      if !reader.columns.hasNames, row.record == nil { throw SelectionError.noNumber(reader.place) }
      guard collected.count < limit else { continue }
      collected.append(PredictionNotes.Row(row, number: row.record, place: reader.place))
    }
    name = reader.name
    (hasNames, hasNumbers) = (reader.columns.hasNames, reader.columns.hasRecords)
    rows = collected.map { $0.named(reader.classes.names) }
  }

  /// Selects the first `limit` wrong records, as if ``WrongRecords/write(to:limit:)`` had written them to a table.
  public init(_ wrong: WrongRecords, limit: Int) {
    name = wrong.input.name
    rows = wrong.worst(limit).map(PredictionNotes.Row.init)
    (hasNames, hasNumbers) = (wrong.input.hasNames, true)
  }

  /// Returns the key of a record of a batch, whose number in the stream is `number`.
  func key(_ batch: RecordBatch, _ row: Int, _ number: Int) -> RecordKey {
    hasNames && batch.format.hasNames ? .name(displayedBytes(batch.names[row])) : .number(number)
  }

  /// Returns the places of the records in the selection, by their keys in a stream with or without names.
  ///
  /// - Complexity: O(s) for s records, on average
  func places(streamHasNames: Bool) throws(SelectionError) -> [RecordKey: Int] {
    let isByName = hasNames && streamHasNames
    if !isByName && !hasNumbers { throw .noNames(name: name) }
    var places: [RecordKey: Int] = [:]
    for (place, row) in rows.enumerated() {
      // A row with a name may have something other than a number in the column `record`.
      guard let key = isByName ? .name(row.name) : row.number.map(RecordKey.number) else {
        throw .noNumberFor(name: name, record: "'\(String(decoding: row.name, as: UTF8.self))'")
      }
      if places.updateValue(place, forKey: key) != nil { throw .twice(name: name, record: "\(key)") }
    }
    return places
  }
}
