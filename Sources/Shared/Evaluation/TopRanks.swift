// How often the true class is among the likeliest few.
import Predictions

/// Counts the rank of the true class: 1 where it was predicted. Classes that are equally likely rank by their index, the
/// predicted one before all, so that the share of rank 1 is the accuracy. Records without a predicted class have no rank.
struct TopRanks {
  /// Beyond this a share is close to 1 or says little.
  static let limit = 10
  private var counts = [Int](repeating: 0, count: limit)

  mutating func add(_ row: PredictionRow, truth: Int) {
    guard let predicted = row.predicted, let rank = rank(of: truth, predicted: predicted, in: row) else {
      return
    }
    if rank <= Self.limit { counts[rank - 1] += 1 }
  }

  /// The shares of the records whose true class is among the first 1, 2, … `last` classes.
  func shares(of total: Int, last: Int) -> [Double] {
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
