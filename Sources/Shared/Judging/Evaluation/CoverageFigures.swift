// Coverage against risk: how often the answers are right if only the surest are given.
import Predictions

/// How sure each answer was, and whether it was right. Memory: 8 bytes for each record, and up to 40 besides while they are
/// ranked. Arrays that grow take up to twice that.
struct RankedConfidences {
  private(set) var answers: [RankedScores.Entry] = []
  /// All records, those without a predicted class included.
  private(set) var records = 0

  init() {}

  /// Takes in a row with the predicted class's probability. A record without a predicted class is never covered.
  mutating func add(_ row: PredictionRow, truth: Int) {
    records += 1
    guard let predicted = row.predicted,
      let confidence = row.probability ?? row.probability(of: predicted)
    else { return }
    answers.append(.init(score: confidence, isPositive: predicted == truth))
  }
}

/// What selective answers are worth. Records of one confidence are answered all or not at all, so that the order of the
/// predictions does not matter.
public struct CoverageFigures: Equatable, Sendable {
  /// The answers that are given where the confidence is at least the threshold.
  public struct Point: Equatable, Sendable {
    /// The least confidence, a predicted class's probability.
    public var threshold: Float
    /// The share of all records that are answered.
    public var coverage: Double
    /// The share of the answers that are right.
    public var accuracy: Double
  }

  /// The shares, in percent, whose accuracies are listed.
  package static let shares = [100, 99, 95, 90, 80, 50]

  /// The area under the risk-coverage curve: the mean, over the answers, of the share of wrong ones among those that are as
  /// sure or surer. `nil` where no record has an answer.
  ///
  /// Y. Geifman and R. El-Yaniv, "Selective Classification for Deep Neural Networks", NeurIPS 2017 (the curve); Y. Geifman,
  /// G. Uziel and R. El-Yaniv, "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers", ICLR 2019 (the area).
  public var area: Double?
  /// For each of ``shares`` the surest answers that make up at least that share of the records; `nil` where fewer have one.
  public var points: [Point?]
  /// The accuracy whose largest coverage was asked for.
  public var wantedAccuracy: Double?
  /// The largest coverage whose accuracy is at least that; `nil` where there is none, or none was asked for.
  public var reached: Point?

  /// The figures of at least one record. O(n log n).
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
      // In whole numbers: 99 % of 100 records are 99.
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
