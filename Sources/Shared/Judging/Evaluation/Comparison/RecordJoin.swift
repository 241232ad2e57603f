// Finds the counterpart of a record in the predictions of a baseline.
import Predictions

/// Joins records to those of a baseline: by name if both have names and those of the baseline are distinct; otherwise by
/// number if both have numbers and those of the baseline are distinct; otherwise by position.
///
/// Memory: a table of the baseline's names or numbers, unless its numbers are its positions.
struct RecordJoin {
  private enum Key {
    case name([[UInt8]: Int])
    /// `nil` if each record's number is its position.
    case number([UInt32: Int]?)
    case position
  }

  private let baseline: BaselinePredictions
  private let key: Key
  private let comparesNames: Bool
  private var isUsed: [Bool]
  private var rowCount = 0

  init(_ baseline: BaselinePredictions, _ reader: PredictionReader) {
    self.baseline = baseline
    comparesNames = reader.columns.hasNames && !baseline.names.isEmpty
    isUsed = [Bool](repeating: false, count: baseline.count)
    if comparesNames {
      key = Self.places(baseline.names).map { .name($0) } ?? .position
    } else if reader.hasNumbers, let numbers = baseline.numbers {
      let areInOrder = numbers.enumerated().allSatisfy { $0 == Int($1) }
      key = areInOrder ? .number(nil) : Self.places(numbers).map { .number($0) } ?? .position
    } else {
      key = .position
    }
  }

  /// Returns the place of each key; `nil` if one comes twice.
  private static func places<Key: Hashable>(_ keys: [Key]) -> [Key: Int]? {
    var places: [Key: Int] = [:]
    for (place, key) in keys.enumerated() where places.updateValue(place, forKey: key) != nil { return nil }
    return places
  }

  /// Returns the position in the baseline of a record that `reader` has just read. Throws if there is none, or if another
  /// record has taken it.
  ///
  /// - Complexity: O(1) on average
  mutating func position(
    of row: PredictionRow, _ reader: PredictionReader
  ) throws(EvaluationError) -> Int {
    guard let position = try find(row, reader) else {
      throw .notInBaseline(
        reader.place, record: called(row.name, try number(of: row, reader)), baseline: baseline.name)
    }
    if isUsed[position] { throw .twice(reader.place, record: called(row.name, try number(of: row, reader))) }
    isUsed[position] = true
    rowCount += 1
    return position
  }

  /// Whether the baseline lacks a record, as it may if neither predicted it.
  func lacks(_ row: PredictionRow, _ reader: PredictionReader) throws(EvaluationError) -> Bool {
    if case .position = key { return false }
    return try find(row, reader) == nil
  }

  private func find(_ row: PredictionRow, _ reader: PredictionReader) throws(EvaluationError) -> Int? {
    switch key {
    case .name(let places): return places[row.name]
    case .number(let places):
      let number = try number(of: row, reader)
      guard let places else { return number < baseline.count ? number : nil }
      return UInt32(exactly: number).flatMap { places[$0] }
    case .position:
      guard rowCount < baseline.count, !comparesNames || baseline.names[rowCount] == row.name else {
        return nil
      }
      return rowCount
    }
  }

  private func number(
    of row: PredictionRow, _ reader: PredictionReader
  ) throws(EvaluationError) -> Int {
    guard case .number = key else { return rowCount }
    guard let number = reader.number(of: row) else { throw .recordNumber(reader.place) }
    return number
  }

  /// Throws if a record that the baseline predicted had no counterpart.
  ///
  /// - Complexity: O(n) for n records of the baseline
  func finish() throws(EvaluationError) {
    let missing = isUsed.indices.filter { !isUsed[$0] && baseline.isAnswered[$0] }
    guard let first = missing.first else { return }
    let record =
      baseline.names.isEmpty
      ? "record \(baseline.numbers?[first] ?? UInt32(first))"
      : "'\(String(decoding: baseline.names[first], as: UTF8.self))'"
    throw .missingHere(baseline: baseline.name, count: missing.count, record: record)
  }

  private func called(_ name: [UInt8], _ number: Int) -> String {
    comparesNames ? "'\(String(decoding: name, as: UTF8.self))'" : "record \(number)"
  }
}
