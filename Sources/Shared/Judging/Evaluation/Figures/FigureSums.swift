// The sums that figures of probabilities and ranks need besides the confusion matrix, and the ranks themselves.
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

  /// The keys of the figures that have sums, in the order of the JSON report.
  static let allKeys = ["log_loss", "brier", "ece", "top_k"]

  /// The keys of the figures whose sums are known.
  var keys: [String] {
    let areKnown = [logLoss != nil, brier != nil, calibration != nil, ranks != nil]
    return zip(Self.allKeys, areKnown).compactMap { $1 ? $0 : nil }
  }

  /// Adds a row and its true class.
  ///
  /// - Complexity: O(c) for rows with the probabilities of c classes
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

  /// Counts the rank of a row's true class.
  ///
  /// - Complexity: O(c) for rows with the probabilities of c classes
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
