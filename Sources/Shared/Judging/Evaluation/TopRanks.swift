// How often the true class is among the k likeliest.
import Predictions

/// Counts the ranks of the true class, which has rank 1 if it was predicted. Equally likely classes rank by index,
/// except that the predicted one is before all others, so the share of rank 1 is the accuracy. Records without a
/// predicted class have no rank.
struct TopRanks: Equatable, Sendable {
  /// The highest rank. Beyond it, a share is close to 1 or says little.
  static let limit = 10
  /// The number of records of each known rank, from the first. A row has one known rank for each class that it names,
  /// at most ``limit``.
  private(set) var counts: [Int]

  /// Begins with the counts of the ranks 1, 2, …
  init(counts: [Int]) {
    precondition(1...Self.limit ~= counts.count, "\(counts.count) ranks")
    self.counts = counts
  }

  /// Begins without records, for rows with `knownCount` known ranks.
  init(knownCount: Int) { self.init(counts: [Int](repeating: 0, count: min(knownCount, Self.limit))) }

  mutating func add(_ row: PredictionRow, truth: Int) {
    guard let predicted = row.predicted, let rank = rank(of: truth, predicted: predicted, in: row) else {
      return
    }
    if rank <= counts.count { counts[rank - 1] += 1 }
  }

  /// Adds the ranks of other records, as far as both sides know them.
  mutating func add(_ other: TopRanks) { counts = zip(counts, other.counts).map { $0 + $1 } }

  /// Returns the shares of the records whose true class is among the first 1, 2, … classes; empty if there would be
  /// only the first share. The rank of the last class is left out, since its share is 1 whatever the predictions are.
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
