// Figures that judge the probabilities, not only the class on top.
import Predictions

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The logarithmic loss: the mean of −ln p, p being the probability that the true class was given. Probabilities below
/// Double's ε are taken for ε, as scikit-learn does, so that one certain mistake costs 36 and not infinity. Where the
/// predictions have ln p itself, that counts, without a bound.
/// I. J. Good, "Rational decisions", Journal of the Royal Statistical Society B 14, 1952.
struct LogarithmicLoss {
  private var sum = CompensatedSum()
  private var count = 0

  var value: Double? { count == 0 ? nil : sum.value / Double(count) }

  mutating func add(_ row: PredictionRow, truth: Int) {
    if row.logarithms.isEmpty {
      sum.add(-log(max(Double(row.probabilities[truth]), .ulpOfOne)))
    } else {
      sum.add(-Double(row.logarithms[truth]))
    }
    count += 1
  }
}

/// The Brier score: the mean over the records of the squared differences between the probabilities and the truth, 1 for
/// the true class and 0 for others, summed over the classes; from 0 to 2.
/// G. W. Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950.
struct BrierScore {
  private var sum = CompensatedSum()
  private var count = 0

  var value: Double? { count == 0 ? nil : sum.value / Double(count) }

  mutating func add(_ probabilities: [Float], truth: Int) {
    for (label, probability) in probabilities.enumerated() {
      let difference = Double(probability) - (label == truth ? 1 : 0)
      sum.add(difference * difference)
    }
    count += 1
  }
}

/// The expected calibration error: predictions are put into 15 bins of equal width by the probability of the predicted
/// class; it is the mean, over the predictions, of how far their bin's accuracy is from its mean probability. Records
/// without a predicted class are left out. Bin i of n holds i/n < p <= (i + 1)/n; 0 belongs to the first.
/// C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks", ICML 2017.
struct CalibrationError {
  static let binCount = 15
  /// The upper ends of the bins.
  private static let ends = (1...binCount).map { Double($0) / Double(binCount) }

  private var probabilities = [CompensatedSum](repeating: CompensatedSum(), count: binCount)
  private var counts = [Int](repeating: 0, count: binCount)
  private var correct = [Int](repeating: 0, count: binCount)
  private var count = 0

  /// All bins, from 0 to 1; none where there was no prediction.
  var bins: [CalibrationBin] {
    guard count > 0 else { return [] }
    return Self.ends.indices.map { bin -> CalibrationBin in
      let lower = bin == 0 ? 0 : Self.ends[bin - 1]
      let mean = counts[bin] == 0 ? 0 : probabilities[bin].value / Double(counts[bin])
      return CalibrationBin(
        lower: lower, upper: Self.ends[bin], count: counts[bin], correct: correct[bin], meanProbability: mean)
    }
  }

  var value: Double? {
    guard count > 0 else { return nil }
    var sum = CompensatedSum()
    for bin in 0..<Self.binCount { sum.add(abs(probabilities[bin].value - Double(correct[bin]))) }
    return sum.value / Double(count)
  }

  mutating func add(_ probability: Float, isCorrect: Bool) {
    let probability = Double(probability)
    let bin = Self.ends.firstIndex { probability <= $0 } ?? Self.binCount - 1
    probabilities[bin].add(probability)
    counts[bin] += 1
    if isCorrect { correct[bin] += 1 }
    count += 1
  }
}

/// Predictions whose class has a probability above `lower` and up to `upper`.
public struct CalibrationBin: Equatable, Sendable {
  public var lower: Double
  public var upper: Double
  public var count: Int
  public var correct: Int
  /// Of the predicted class; 0 where there is no prediction.
  public var meanProbability: Double

  public init(lower: Double, upper: Double, count: Int, correct: Int, meanProbability: Double) {
    (self.lower, self.upper, self.count) = (lower, upper, count)
    (self.correct, self.meanProbability) = (correct, meanProbability)
  }

  /// The share that is right, 0 where there is no prediction.
  public var accuracy: Double { ratio(correct, count) }
}
