// Coverage and risk: how often answers are right if only the most confident ones are given.
import Predictions

/// The confidence of each answer, and whether it is right.
///
/// Memory: 8 bytes per record, and up to 40 more while records are ranked. While arrays grow, they take up to twice as
/// much.
struct RankedConfidences {
  private(set) var answers: [RankedScores.Entry] = []
  /// The number of all records, including those without a predicted class.
  private(set) var records = 0

  init() {}

  /// Adds a row, with the probability of its predicted class. A record without a predicted class is never covered.
  mutating func add(_ row: PredictionRow, truth: Int) {
    records += 1
    guard let predicted = row.predicted,
      let confidence = row.probability ?? row.probability(of: predicted)
    else { return }
    answers.append(.init(score: confidence, isPositive: predicted == truth))
  }
}

/// The figures of selective answers. Records with the same confidence are either all answered or not at all, so the
/// order of the predictions does not matter.
public struct CoverageFigures: Equatable, Sendable {
  /// The answers whose confidence is at least the threshold.
  public struct Point: Equatable, Sendable {
    /// The least confidence of an answer, which is the probability of its predicted class.
    public var threshold: Float
    /// The share of all records that are answered.
    public var coverage: Double
    /// The share of the answers that are right.
    public var accuracy: Double
  }

  /// The coverages, in percent, for which reports list the accuracy.
  package static let shares = [100, 99, 95, 90, 80, 50]

  /// The area under the risk-coverage curve: the mean, over the answers, of the share of wrong ones among all answers
  /// that are at least as confident. `nil` if no record has an answer.
  ///
  /// Y. Geifman and R. El-Yaniv, "Selective Classification for Deep Neural Networks", NeurIPS 2017 (the curve); Y. Geifman,
  /// G. Uziel and R. El-Yaniv, "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers", ICLR 2019 (the area).
  public var area: Double?
  /// For each of ``shares``, the most confident answers that make up at least that share of the records; `nil` if fewer
  /// records have an answer.
  public var points: [Point?]
  /// The accuracy whose largest coverage was requested, if any.
  var wantedAccuracy: Double?
  /// The largest coverage with at least ``wantedAccuracy``; `nil` if no coverage reaches it, or none was requested.
  public var reached: Point?

  /// The largest coverage with the wanted accuracy, 0 if no coverage has it; `nil` if none was requested.
  var reachedCoverage: Double? { wantedAccuracy.map { _ in reached?.coverage ?? 0 } }

  /// Computes the figures of at least one record.
  ///
  /// - Complexity: O(n log n) for n records
  init(_ confidences: RankedConfidences, accuracy: Double?) {
    let ranking = RankedScores(confidences.answers)
    let records = confidences.records
    func point(_ step: RankedScores.Step) -> Point {
      Point(
        threshold: step.score, coverage: ratio(step.records, records),
        accuracy: ratio(step.positives, step.records))
    }
    area = Self.area(ranking)
    points = Self.shares.map { share in
      // In integers, so that 99 % of 100 records is exactly 99.
      ranking.steps.first { 100 * $0.records >= share * records }.map(point)
    }
    wantedAccuracy = accuracy
    reached = accuracy.flatMap { wanted in
      ranking.steps.last { ratio($0.positives, $0.records) >= wanted }.map(point)
    }
  }

  private static func area(_ ranking: RankedScores) -> Double? {
    guard ranking.records > 0 else { return nil }
    var sum = CompensatedSum()
    var before = 0
    for step in ranking.steps {
      let wrong = step.records - step.positives
      sum.add(Double(step.records - before) * Double(wrong) / Double(step.records))
      before = step.records
    }
    return sum.value / Double(ranking.records)
  }
}
