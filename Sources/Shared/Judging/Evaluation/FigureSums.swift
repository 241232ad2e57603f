// The sums that figures of probabilities and ranks need besides the confusion matrix.
import Predictions

/// Sums over records. A sum is `nil` if the records lack its terms. Sums are exact, so the sums of parts of the records
/// add up to those of all records, to the last bit.
public struct FigureSums: Equatable, Sendable {
  var logLoss: LogarithmicLoss?
  var brier: BrierScore?
  var calibration: CalibrationError?
  var ranks: TopRanks?

  /// Starts the sums that rows with these columns allow.
  init(_ columns: PredictionColumns) {
    if columns.hasProbabilities {
      (logLoss, brier) = (LogarithmicLoss(), BrierScore())
    }
    if columns.hasProbability || columns.hasProbabilities { calibration = CalibrationError() }
    let knownRanks = columns.hasProbabilities ? TopRanks.limit : columns.rankCount
    if knownRanks > 1 { ranks = TopRanks(knownCount: knownRanks) }
  }

  init(
    logLoss: LogarithmicLoss?, brier: BrierScore?, calibration: CalibrationError?, ranks: TopRanks?
  ) {
    (self.logLoss, self.brier, self.calibration, self.ranks) = (logLoss, brier, calibration, ranks)
  }

  mutating func add(_ row: PredictionRow, truth: Int) {
    logLoss?.add(row, truth: truth)
    brier?.add(row.probabilities, truth: truth)
    ranks?.add(row, truth: truth)
    if calibration != nil, let predicted = row.predicted,
      let probability = row.probability ?? row.probability(of: predicted)
    {
      calibration?.add(probability, isCorrect: predicted == truth)
    }
  }

  /// Adds the sums of other records. A sum that either side lacks becomes `nil`.
  mutating func add(_ other: FigureSums) {
    func sum<Sums>(_ one: Sums?, _ other: Sums?, _ add: (inout Sums, Sums) -> Void) -> Sums? {
      guard var sum = one, let other else { return nil }
      add(&sum, other)
      return sum
    }
    logLoss = sum(logLoss, other.logLoss) { $0.add($1) }
    brier = sum(brier, other.brier) { $0.add($1) }
    calibration = sum(calibration, other.calibration) { $0.add($1) }
    ranks = sum(ranks, other.ranks) { $0.add($1) }
  }
}

extension PredictionRow {
  /// Returns the probability of a class; `nil` if the row does not have those of all classes.
  func probability(of label: Int) -> Float? { probabilities.isEmpty ? nil : probabilities[label] }
}
