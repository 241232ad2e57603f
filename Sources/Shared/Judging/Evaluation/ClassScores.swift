// The scores that records gave each class, and how they rank the records: one class against the rest.
import Predictions

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Every score of every record.
///
/// Memory: 4 bytes for each record and class, and 2 for each record's true class; while a class is ranked, up to 40 bytes for
/// each record besides. Arrays that grow take up to twice that.
struct ClassScores {
  /// [records, classes], row-major: probabilities, or their logarithms where the rows have these, which rank alike and are
  /// told apart where probabilities are rounded to 0 or 1.
  private(set) var scores: [Float] = []
  /// There are at most ClassTable.limit classes.
  private(set) var truths: [UInt16] = []
  private(set) var areLogarithms = false

  var classCount: Int { truths.isEmpty ? 0 : scores.count / truths.count }

  init() {}

  /// Takes in a row, whose probabilities are known for every class.
  mutating func add(_ row: PredictionRow, truth: Int) {
    areLogarithms = !row.logarithms.isEmpty
    scores.append(contentsOf: areLogarithms ? row.logarithms : row.probabilities)
    truths.append(UInt16(truth))
  }

  /// The records by their score of a class, the highest first. O(n log n) for n records.
  func ranking(of label: Int) -> RankedScores { RankedScores(entries(of: label) { $0 }) }

  /// The records by their probability of a class, also where scores are logarithms.
  func probabilityRanking(of label: Int) -> RankedScores {
    guard areLogarithms else { return ranking(of: label) }
    return RankedScores(entries(of: label) { Float(exp(Double($0))) })
  }

  /// The probabilities of all classes for a record.
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

/// Records by a score, as steps: all records of one score are taken at once, so that their order does not matter.
struct RankedScores {
  struct Entry {
    var score: Float
    var isPositive: Bool
  }

  /// All records whose score is at least `score`.
  struct Step: Equatable {
    var score: Float
    var records: Int
    /// Those of them that are of the class, or right.
    var positives: Int
  }

  /// By falling score; the last has all records. As many as there are different scores.
  let steps: [Step]

  var records: Int { steps.last?.records ?? 0 }
  var positives: Int { steps.last?.positives ?? 0 }

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

  /// The area under the receiver operating characteristic: the probability that a record of the class has a higher score
  /// than one of another, of equal scores a half. `nil` without records of the class, or of others.
  ///
  /// J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC) curve",
  /// Radiology 143, 1982. The trapezoids are added up as whole numbers, and divided once.
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

  /// Average precision: the sum over the scores of the precision there times how much recall grows, an area under the curve of
  /// precision and recall without interpolation. `nil` without records of the class, or of others.
  ///
  /// M. Zhu, "Recall, precision and average precision", University of Waterloo, 2004; as scikit-learn has it.
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
