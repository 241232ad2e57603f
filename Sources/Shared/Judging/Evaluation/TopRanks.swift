// How often the true class is among the likeliest few.
import Predictions

/// Counts the rank of the true class: 1 where it was predicted. Classes that are equally likely rank by their index, the
/// predicted one before all, so that the share of rank 1 is the accuracy. Records without a predicted class have no rank.
struct TopRanks: Equatable, Sendable {
  /// Beyond this a share is close to 1 or says little.
  static let limit = 10
  /// The records of each rank that can be told, from the first: as many as a row names classes, at most the limit.
  private(set) var counts: [Int]

  /// Counts of the ranks 1, 2, …
  init(counts: [Int]) {
    precondition(1...Self.limit ~= counts.count, "\(counts.count) ranks")
    self.counts = counts
  }

  /// No records yet, whose rows tell so many ranks.
  init(knownCount: Int) { self.init(counts: [Int](repeating: 0, count: min(knownCount, Self.limit))) }

  mutating func add(_ row: PredictionRow, truth: Int) {
    guard let predicted = row.predicted, let rank = rank(of: truth, predicted: predicted, in: row) else {
      return
    }
    if rank <= counts.count { counts[rank - 1] += 1 }
  }

  /// Adds the ranks of other records, as far as both can be told.
  mutating func add(_ other: TopRanks) { counts = zip(counts, other.counts).map { $0 + $1 } }

  /// The shares of the records whose true class is among the first 1, 2, … classes; none where that would be the first
  /// alone. The last rank is left out where it is that of the last class, whose share is 1 whatever the predictions are.
  func shares(of total: Int, classCount: Int) -> [Double] {
    let last = min(counts.count, classCount - 1)
    guard last > 1 else { return [] }
    var sum = 0
    return counts.prefix(last).map { count in
      sum += count
      return ratio(sum, total)
    }
  }

  private func rank(of truth: Int, predicted: Int, in row: PredictionRow) -> Int? {
    if truth == predicted { return 1 }
    guard !row.probabilities.isEmpty else {
      return row.runnersUp.firstIndex(of: truth).map { $0 + 2 }
    }
    let own = row.probabilities[truth]
    var before = 1
    for (label, probability) in row.probabilities.enumerated() where label != predicted {
      if probability > own || probability == own && label < truth { before += 1 }
    }
    return before + 1
  }
}
