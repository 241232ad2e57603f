// Confidence intervals of shares that were measured on some records, and the method that a report computes them with.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An interval that covers the true share with a given confidence.
public struct Interval: Equatable, Sendable {
  public var confidence: Double
  public var lower: Double
  public var upper: Double

  init(confidence: Double, lower: Double, upper: Double) {
    (self.confidence, self.lower, self.upper) = (confidence, lower, upper)
  }

  /// Computes Wilson's score interval for `successes` of `total`, which also suits shares near 0 and 1, and few
  /// records.
  ///
  /// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
  /// Statistical Association 22, 1927; recommended by L. D. Brown, T. T. Cai and A. DasGupta, "Interval estimation for
  /// a binomial proportion", Statistical Science 16, 2001.
  public init(successes: Int, total: Int, confidence: Double) {
    precondition(total > 0 && 0...total ~= successes, "\(successes) of \(total)")
    let z = normalDeviate(confidence: confidence)
    let count = Double(total)
    let share = Double(successes) / count
    let scale = 1 + z * z / count
    let center = (share + z * z / (2 * count)) / scale
    let halfWidth = z * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot() / scale
    self.confidence = confidence
    // At the ends, the formula gives exactly 0 and 1, apart from rounding.
    lower = successes == 0 ? 0 : max(0, center - halfWidth)
    upper = successes == total ? 1 : min(1, center + halfWidth)
  }
}

/// Returns the z for which a standard normal variable is within ±z with the probability `confidence`: 1.96 for 0.95.
func normalDeviate(confidence: Double) -> Double {
  precondition(confidence > 0 && confidence < 1, "a confidence of \(confidence)")
  let outside = 1 - confidence
  // Newton's method on erfc(z / √2) = outside. The function is convex and decreasing, so steps from 0 never overshoot.
  // They end when rounding stops them.
  var z = 0.0
  while true {
    let slope = (2 / Double.pi).squareRoot() * exp(-z * z / 2)
    let better = z + (erfc(z / 2.0.squareRoot()) - outside) / slope
    guard better > z else { return z }
    z = better
  }
}

/// The method and the confidence of intervals.
public struct IntervalSettings: Equatable, Sendable {
  public enum Method: Equatable, Sendable {
    case wilson
    case bootstrap(Resampling)
  }
  /// The confidence, between 0 and 1, both excluded.
  public var confidence: Double
  public var method: Method

  public init(confidence: Double = 0.95, method: Method = .wilson) {
    (self.confidence, self.method) = (confidence, method)
  }
}

/// The settings of the bootstrap.
public struct Resampling: Equatable, Sendable {
  /// The number of samples to draw.
  public var count: Int
  public var seed: UInt64

  public init(count: Int, seed: UInt64) { (self.count, self.seed) = (count, seed) }
}
