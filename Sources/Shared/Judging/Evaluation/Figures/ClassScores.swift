// The scores of each record for every class, and the records ranked by them: one class against the rest.
import Predictions

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// All scores of all records.
///
/// Memory: 4 bytes for each record and class, and 2 for each record's true class. Ranking a class takes up to 40 more
/// bytes per record. While arrays grow, they take up to twice as much.
struct ClassScores {
  /// [records, classes], row-major: probabilities, or their logarithms if the rows have them. Logarithms give the same
  /// ranking, and still differ if the probabilities are rounded to 0 or 1.
  private(set) var scores: [Float] = []
  /// The true class of each record, which is below ClassTable.limit.
  private(set) var truths: [UInt16] = []
  private(set) var areLogarithms = false

  var classCount: Int { truths.isEmpty ? 0 : scores.count / truths.count }

  init() {}

  /// Adds a row, which must have the probabilities of all classes.
  ///
  /// - Complexity: O(c) for c classes, amortised
  mutating func add(_ row: PredictionRow, truth: Int) {
    areLogarithms = !row.logarithms.isEmpty
    scores.append(contentsOf: areLogarithms ? row.logarithms : row.probabilities)
    truths.append(UInt16(truth))
  }

  /// Returns the records ranked by their score for a class, the highest first.
  ///
  /// - Complexity: O(n log n) for n records
  func ranking(of label: Int) -> RankedScores { RankedScores(entries(of: label) { $0 }) }

  /// Returns the records ranked by their probability of a class, even if scores are logarithms.
  ///
  /// - Complexity: O(n log n) for n records
  func probabilityRanking(of label: Int) -> RankedScores {
    guard areLogarithms else { return ranking(of: label) }
    return RankedScores(entries(of: label) { Float(exp(Double($0))) })
  }

  /// Returns the probabilities of all classes for a record.
  func probabilities(of record: Int) -> [Float] {
    let own = scores[record * classCount..<(record + 1) * classCount]
    return areLogarithms ? own.map { Float(exp(Double($0))) } : Array(own)
  }

  private func entries(of label: Int, _ score: (Float) -> Float) -> [RankedScores.Entry] {
    let count = classCount
    var entries: [RankedScores.Entry] = []
    entries.reserveCapacity(truths.count)
    for (record, truth) in truths.enumerated() {
      entries.append(.init(score: score(scores[record * count + label]), isPositive: Int(truth) == label))
    }
    return entries
  }
}

/// Records ranked by a score, as steps. All records with the same score form one step, so their order does not matter.
struct RankedScores {
  struct Entry {
    var score: Float
    var isPositive: Bool
  }

  /// All records whose score is at least `score`.
  struct Step: Equatable {
    var score: Float
    var records: Int
    /// The number of these records that are of the class or, in a ranking of answers, are right.
    var positives: Int
  }

  /// The steps in descending order, one for each distinct score. The last one contains all records.
  let steps: [Step]

  var records: Int { steps.last?.records ?? 0 }
  var positives: Int { steps.last?.positives ?? 0 }

  /// Ranks records.
  ///
  /// - Complexity: O(n log n) for n records
  init(_ entries: [Entry]) {
    let sorted = entries.sorted { $0.score > $1.score }
    var steps: [Step] = []
    var positives = 0
    for (index, entry) in sorted.enumerated() {
      if entry.isPositive { positives += 1 }
      let isLastOfScore = index + 1 == sorted.count || sorted[index + 1].score != entry.score
      if isLastOfScore { steps.append(Step(score: entry.score, records: index + 1, positives: positives)) }
    }
    self.steps = steps
  }

  /// The area under the receiver operating characteristic: the probability that a record of the class has a higher
  /// score than a record of another class, where equal scores count a half. `nil` if there are no records of the class,
  /// or none of others.
  ///
  /// J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC) curve",
  /// Radiology 143, 1982. The areas of the trapezoids are summed as integers and divided once.
  ///
  /// - Complexity: O(s) for s steps
  var rocArea: Double? {
    let negatives = records - positives
    guard positives > 0, negatives > 0 else { return nil }
    var (before, twice) = (Step(score: .infinity, records: 0, positives: 0), 0)
    for step in steps {
      let falsePositives = (step.records - before.records) - (step.positives - before.positives)
      twice += falsePositives * (before.positives + step.positives)
      before = step
    }
    return Double(twice) / (2 * Double(positives) * Double(negatives))
  }

  /// The average precision: the sum over the scores of the precision times the increase in recall, which is the area
  /// under the precision-recall curve without interpolation. `nil` if there are no records of the class, or none of
  /// others.
  ///
  /// M. Zhu, "Recall, precision and average precision", University of Waterloo, 2004. scikit-learn uses the same
  /// definition.
  ///
  /// - Complexity: O(s) for s steps
  var averagePrecision: Double? {
    guard positives > 0, positives < records else { return nil }
    var sum = CompensatedSum()
    var before = 0
    for step in steps {
      sum.add(Double(step.positives - before) * Double(step.positives) / Double(step.records))
      before = step.positives
    }
    return sum.value / Double(positives)
  }
}
