// Compares two sets of predictions of the same records, record by record.
import Predictions

/// Finds the earlier prediction of each record, and counts fixed and broken records.
///
/// The true classes must agree, but may have different names (names here, indices there).
///
/// Memory: a byte for each record of the baseline, besides that of ``RecordJoin``.
struct PairedComparison {
  private let baseline: BaselinePredictions
  private var join: RecordJoin
  /// The baseline's class for each true class here, with the first record that had both, and the reverse.
  private var baselineTruths: [Int: (truth: Int, place: RowPlace)] = [:]
  private var truths: [Int: Int] = [:]
  /// The number of records that were wrong in the baseline and are right now.
  private(set) var fixed = 0
  /// The number of records that were right in the baseline and are wrong now.
  private(set) var broken = 0
  /// The number of records that only one of the two predicted.
  private(set) var notCompared = 0

  init(_ baseline: BaselinePredictions, _ reader: PredictionReader) {
    self.baseline = baseline
    join = RecordJoin(baseline, reader)
  }

  /// Compares a record that `reader` has just read.
  ///
  /// - Complexity: O(1) on average
  mutating func add(_ row: PredictionRow, truth: Int, reader: PredictionReader) throws(EvaluationError) {
    let position = try join.position(of: row, reader)
    guard baseline.isAnswered[position] else {
      notCompared += 1
      return
    }
    try checkTruth(truth, Int(baseline.truths[position]), reader)
    switch (baseline.isCorrect[position], row.predicted == truth) {
    case (false, true): fixed += 1
    case (true, false): broken += 1
    default: break
    }
  }

  /// Throws if an earlier record with one of these true classes had another one in the other predictions.
  private mutating func checkTruth(
    _ truth: Int, _ baselineTruth: Int, _ reader: PredictionReader
  ) throws(EvaluationError) {
    // The class here that an earlier record had in common with this one, or had instead of it.
    guard let earlier = baselineTruths[truth] == nil ? truths[baselineTruth] : truth,
      let known = baselineTruths[earlier]
    else {
      baselineTruths[truth] = (baselineTruth, reader.place)
      truths[baselineTruth] = truth
      return
    }
    if earlier == truth && known.truth == baselineTruth { return }
    // If this record's classes have one name, the earlier record's have two.
    if reader.classes.names[truth] == baseline.classNames[baselineTruth] {
      throw otherTruth(earlier, known.truth, known.place, reader.classes)
    }
    throw otherTruth(truth, baselineTruth, reader.place, reader.classes)
  }

  private func otherTruth(
    _ truth: Int, _ baselineTruth: Int, _ place: RowPlace, _ classes: ClassTable
  ) -> EvaluationError {
    .otherTruth(
      place, truth: classes.names[truth], baselineTruth: baseline.classNames[baselineTruth],
      baseline: baseline.name)
  }

  /// Notes a record that has no prediction here.
  mutating func addUnanswered(_ row: PredictionRow, reader: PredictionReader) throws(EvaluationError) {
    if try join.lacks(row, reader) { return }
    if baseline.isAnswered[try join.position(of: row, reader)] { notCompared += 1 }
  }

  /// Throws if a record that the baseline predicted had no counterpart, or if a true class here is another class there.
  ///
  /// - Complexity: O(n) for n records of the baseline
  func finish(_ classes: ClassTable) throws(EvaluationError) {
    try join.finish()
    let (ours, theirs) = (
      Set(classes.names.map { Array($0.utf8) }), Set(baseline.classNames.map { Array($0.utf8) })
    )
    for (truth, (baselineTruth, place)) in baselineTruths.sorted(by: { $0.key < $1.key }) {
      let (here, there) = (Array(classes.names[truth].utf8), Array(baseline.classNames[baselineTruth].utf8))
      guard here == there || !theirs.contains(here) && !ours.contains(there) else {
        throw otherTruth(truth, baselineTruth, place, classes)
      }
    }
  }
}
