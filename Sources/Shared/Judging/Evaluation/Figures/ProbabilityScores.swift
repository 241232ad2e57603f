// Figures that judge the probabilities, not only the predicted class.
import Predictions

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The logarithmic loss: the mean of −ln p, where p is the predicted probability of the true class. As in scikit-learn,
/// probabilities below Double's ε count as ε, so one certain mistake costs 36 and not infinity. If the predictions
/// contain ln p itself, it is used without a bound.
/// I. J. Good, "Rational decisions", Journal of the Royal Statistical Society B 14, 1952.
struct LogarithmicLoss: Equatable, Sendable {
  private(set) var sum = ExactSum()

  init(sum: ExactSum = ExactSum()) { self.sum = sum }

  /// Returns the mean over `records` records.
  func mean(of records: Int) -> Double { sum.value / Double(records) }

  /// Adds a row, which must have the probabilities of all classes.
  mutating func add(_ row: PredictionRow, truth: Int) {
    if row.logarithms.isEmpty {
      sum.add(-log(max(Double(row.probabilities[truth]), .ulpOfOne)))
    } else {
      sum.add(-Double(row.logarithms[truth]))
    }
  }

  mutating func add(_ other: LogarithmicLoss) { sum.add(other.sum) }
}

/// The Brier score, 0 to 2: the mean over the records of the squared differences between the probabilities and the
/// truth, summed over the classes. The truth is 1 for the true class and 0 for others.
/// G. W. Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950.
struct BrierScore: Equatable, Sendable {
  private(set) var sum = ExactSum()

  init(sum: ExactSum = ExactSum()) { self.sum = sum }

  /// Returns the mean over `records` records.
  func mean(of records: Int) -> Double { sum.value / Double(records) }

  /// Adds the probabilities of a record, [classes].
  ///
  /// - Complexity: O(c) for c classes
  mutating func add(_ probabilities: [Float], truth: Int) {
    for (label, probability) in probabilities.enumerated() {
      let difference = Double(probability) - (label == truth ? 1 : 0)
      sum.add(difference * difference)
    }
  }

  mutating func add(_ other: BrierScore) { sum.add(other.sum) }
}

/// The expected calibration error. Predictions are put into 15 bins of equal width by the probability of the predicted
/// class. The error is the mean, over the predictions, of the absolute difference between their bin's accuracy and its
/// mean probability. Records without a predicted class are left out. Bin i of n holds i/n < p <= (i + 1)/n, and the
/// first also holds 0.
/// C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks", ICML 2017.
struct CalibrationError: Equatable, Sendable {
  /// Predictions with about the same probability.
  struct Bin: Equatable, Sendable {
    var records = 0
    /// The number of records whose predicted class is the true one.
    var correct = 0
    /// The sum of the probabilities of the predicted classes.
    var probabilities = ExactSum()
  }

  static let binCount = 15
  /// The upper ends of the bins.
  private static let ends = (1...binCount).map { Double($0) / Double(binCount) }

  private(set) var bins: [Bin]

  init(bins: [Bin] = [Bin](repeating: Bin(), count: binCount)) {
    precondition(bins.count == Self.binCount, "\(bins.count) bins")
    self.bins = bins
  }

  /// The bins for reports and charts, from 0 to 1; empty if no record has a predicted class.
  var shownBins: [CalibrationBin] {
    guard bins.contains(where: { $0.records > 0 }) else { return [] }
    return bins.enumerated().map { index, bin in
      CalibrationBin(
        lower: index == 0 ? 0 : Self.ends[index - 1], upper: Self.ends[index], count: bin.records,
        correct: bin.correct,
        meanProbability: bin.records == 0 ? 0 : bin.probabilities.value / Double(bin.records))
    }
  }

  /// The error; `nil` if no record has a predicted class.
  var value: Double? {
    let records = bins.reduce(0) { $0 + $1.records }
    guard records > 0 else { return nil }
    var sum = CompensatedSum()
    for bin in bins { sum.add(abs(bin.probabilities.value - Double(bin.correct))) }
    return sum.value / Double(records)
  }

  mutating func add(_ probability: Float, isCorrect: Bool) {
    let probability = Double(probability)
    let index = Self.ends.firstIndex { probability <= $0 } ?? Self.binCount - 1
    bins[index].records += 1
    bins[index].probabilities.add(probability)
    if isCorrect { bins[index].correct += 1 }
  }

  mutating func add(_ other: CalibrationError) {
    for (index, bin) in other.bins.enumerated() {
      bins[index].records += bin.records
      bins[index].correct += bin.correct
      bins[index].probabilities.add(bin.probabilities)
    }
  }
}

/// Predictions whose class has a probability above `lower` and at most `upper`.
public struct CalibrationBin: Equatable, Sendable {
  public var lower: Double
  public var upper: Double
  public var count: Int
  public var correct: Int
  /// The mean probability of the predicted class; 0 if there are no predictions.
  public var meanProbability: Double

  public init(lower: Double, upper: Double, count: Int, correct: Int, meanProbability: Double) {
    (self.lower, self.upper, self.count) = (lower, upper, count)
    (self.correct, self.meanProbability) = (correct, meanProbability)
  }

  /// The share of the predictions that are right; 0 if there are none.
  public var accuracy: Double { ratio(correct, count) }
}

extension [CalibrationBin] {
  /// All bins as one, from 0 to 1.
  package var total: CalibrationBin {
    let count = reduce(0) { $0 + $1.count }
    let sum = reduce(0) { $0 + $1.meanProbability * Double($1.count) }
    return CalibrationBin(
      lower: 0, upper: 1, count: count, correct: reduce(0) { $0 + $1.correct },
      meanProbability: sum / Double(Swift.max(1, count)))
  }
}

/// Returns the expected calibration error of `probabilities`, [count, classes], row-major, as fm-eval computes it from
/// predictions. `truths` are the true classes, [count]. The predicted class is the first of the likeliest ones. Returns
/// `nil` if there are no records.
///
/// - Complexity: O(count · classes)
public func calibrationError(ofProbabilities probabilities: [Float], truths: [UInt8]) -> Double? {
  guard !truths.isEmpty else { return nil }
  let classCount = probabilities.count / truths.count
  precondition(classCount * truths.count == probabilities.count, "\(probabilities.count) probabilities")
  var error = CalibrationError()
  for (record, truth) in truths.enumerated() {
    let row = probabilities[record * classCount..<(record + 1) * classCount]
    let highest = row.reduce(-Float.infinity, max)
    let predicted = row.firstIndex(of: highest).map { $0 - row.startIndex }
    error.add(highest, isCorrect: predicted == Int(truth))
  }
  return error.value
}
