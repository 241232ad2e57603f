// Which records are wanted: those that a table names, such as fm-eval --wrong writes.
import ByteIO
import Evaluation
import Predictions
import TensorStream

/// What tells a record from others.
public enum RecordKey: Hashable, Sendable {
  /// Counted from 0.
  case number(Int)
  /// The name in its displayed form.
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

/// The records that a table names, in its order, with what it says of them.
///
/// The table is one of predictions, in any form, with a column `name` or `record`. Where it has both, names count if the
/// stream has them: they lead to the same image whatever was done to the stream.
public struct RecordSelection {
  /// What messages call the table.
  public let name: String
  /// The table's rows, at most as many as were asked for.
  let rows: [PredictionNotes.Row]
  /// What the rows tell records by.
  let hasNames: Bool
  let hasNumbers: Bool

  /// Reads a table to its end, and keeps the first `limit` rows. Throws ``SelectionError`` or what predictions throw.
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

  /// The first `limit` of the wrong records of predictions, as if ``WrongRecords/write(to:limit:)`` had written them
  /// to a table.
  public init(_ wrong: WrongRecords, limit: Int) {
    name = wrong.input.name
    rows = wrong.worst(limit).map(PredictionNotes.Row.init)
    (hasNames, hasNumbers) = (wrong.input.hasNames, true)
  }

  /// What tells a record of a batch from the others of its stream.
  func key(_ batch: RecordBatch, _ row: Int, _ number: Int) -> RecordKey {
    guard hasNames && batch.format.hasNames else { return .number(number) }
    var name: [UInt8] = []
    appendDisplayed(batch.names[row], to: &name)
    return .name(name)
  }

  /// The places of the records in the selection, by what tells them apart in a stream with or without names.
  func places(streamHasNames: Bool) throws(SelectionError) -> [RecordKey: Int] {
    let isByName = hasNames && streamHasNames
    if !isByName && !hasNumbers { throw .noNames(name: name) }
    var places: [RecordKey: Int] = [:]
    for (place, row) in rows.enumerated() {
      // What a table calls a record's number may be no number.
      guard let key = isByName ? .name(row.name) : row.number.map(RecordKey.number) else {
        throw .noNumberFor(name: name, record: "'\(String(decoding: row.name, as: UTF8.self))'")
      }
      if places.updateValue(place, forKey: key) != nil { throw .twice(name: name, record: "\(key)") }
    }
    return places
  }
}
