// Compares two sets of predictions of the same records, record by record.
import Predictions

/// Finds the earlier prediction of each record, and counts fixed and broken records.
///
/// Records are joined by name if both inputs have names and those of the baseline are distinct; otherwise by position.
/// The true classes must agree, but may have different names (names here, indices there).
///
/// Memory: a byte for each record of the baseline, and a table of its names if records are joined by name.
struct PairedComparison {
  private let baseline: BaselinePredictions
  /// The position of each name in the baseline; `nil` if records are joined by position.
  private let positions: [[UInt8]: Int]?
  private let comparesNames: Bool
  private var isUsed: [Bool]
  private var rowCount = 0
  /// The baseline's class for each true class here, and the reverse.
  private var baselineTruths: [Int: Int] = [:]
  private var truths: [Int: Int] = [:]
  /// The number of records that were wrong in the baseline and are right now.
  private(set) var fixed = 0
  /// The number of records that were right in the baseline and are wrong now.
  private(set) var broken = 0
  /// The number of records that only one of the two predicted.
  private(set) var notCompared = 0

  init(_ baseline: BaselinePredictions, hasNames: Bool) {
    self.baseline = baseline
    comparesNames = hasNames && !baseline.names.isEmpty
    var positions: [[UInt8]: Int] = [:]
    if comparesNames {
      for (position, name) in baseline.names.enumerated() { positions[name] = position }
    }
    self.positions = comparesNames && positions.count == baseline.count ? positions : nil
    isUsed = [Bool](repeating: false, count: baseline.count)
  }

  /// Compares a record that `reader` has just read.
  ///
  /// - Complexity: O(1) on average
  mutating func add(_ row: PredictionRow, truth: Int, reader: PredictionReader) throws(EvaluationError) {
    let position = try position(of: row, reader.place)
    isUsed[position] = true
    rowCount += 1
    guard baseline.isAnswered[position] else {
      notCompared += 1
      return
    }
    let baselineTruth = Int(baseline.truths[position])
    let known = baselineTruths[truth] ?? baselineTruth
    let back = truths[baselineTruth] ?? truth
    guard known == baselineTruth && back == truth else {
      throw .otherTruth(
        reader.place, truth: reader.classes.names[truth],
        baselineTruth: baseline.classNames[baselineTruth], baseline: baseline.name)
    }
    baselineTruths[truth] = baselineTruth
    truths[baselineTruth] = truth
    switch (baseline.isCorrect[position], row.predicted == truth) {
    case (false, true): fixed += 1
    case (true, false): broken += 1
    default: break
    }
  }

  /// Notes a record that has no prediction here.
  mutating func addUnanswered(_ row: PredictionRow, reader: PredictionReader) throws(EvaluationError) {
    // A record that neither predicted may be missing in the baseline.
    if let positions, positions[row.name] == nil { return }
    let position = try position(of: row, reader.place)
    isUsed[position] = true
    rowCount += 1
    if baseline.isAnswered[position] { notCompared += 1 }
  }

  /// Throws if a record that the baseline predicted had no counterpart.
  ///
  /// - Complexity: O(n) for n records of the baseline
  func finish() throws(EvaluationError) {
    let missing = isUsed.indices.filter { !isUsed[$0] && baseline.isAnswered[$0] }
    if let first = missing.first {
      let name = baseline.names.isEmpty ? nil : baseline.names[first]
      throw .missingHere(
        baseline: baseline.name, count: missing.count, record: Self.called(name, position: first))
    }
  }

  private func position(of row: PredictionRow, _ place: RowPlace) throws(EvaluationError) -> Int {
    let called = Self.called(comparesNames ? row.name : nil, position: rowCount)
    guard let positions else {
      guard rowCount < baseline.count, !comparesNames || baseline.names[rowCount] == row.name else {
        throw .notInBaseline(place, record: called, baseline: baseline.name)
      }
      return rowCount
    }
    guard let position = positions[row.name] else {
      throw .notInBaseline(place, record: called, baseline: baseline.name)
    }
    if isUsed[position] { throw .twice(place, record: called) }
    return position
  }

  private static func called(_ name: [UInt8]?, position: Int) -> String {
    name.map { "'\(String(decoding: $0, as: UTF8.self))'" } ?? "record \(position)"
  }
}
