// Two sets of predictions of the same records, record by record.
import Predictions

/// Finds for each record its earlier prediction, and counts what became of it.
///
/// Records are joined by their names where both inputs have them and those of the baseline are all different, else by
/// their positions. The true classes must agree, but may be called differently (names here, indices there).
struct PairedComparison {
  private let baseline: BaselinePredictions
  /// Positions by name; `nil` where records are joined by position.
  private let positions: [[UInt8]: Int]?
  private let comparesNames: Bool
  private var isUsed: [Bool]
  private var rowCount = 0
  /// Which true class of the baseline belongs to which here, and the other way round.
  private var baselineTruths: [Int: Int] = [:]
  private var truths: [Int: Int] = [:]
  /// Wrong in the baseline and right now.
  private(set) var fixed = 0
  /// Right in the baseline and wrong now.
  private(set) var broken = 0
  /// Records that only one of both gave a prediction.
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

  /// Compares a record; `reader` has just read it.
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
    // What neither gave a prediction may be missing in the baseline.
    if let positions, positions[row.name] == nil { return }
    let position = try position(of: row, reader.place)
    isUsed[position] = true
    rowCount += 1
    if baseline.isAnswered[position] { notCompared += 1 }
  }

  /// Makes sure that every record that the baseline gave a prediction had its counterpart.
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
