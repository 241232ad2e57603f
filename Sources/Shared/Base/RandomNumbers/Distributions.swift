// Random numbers from the normal, beta and binomial distributions.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension SplitMix64 {
  /// Draws a number from the normal distribution with mean 0 and standard deviation 1 (G. E. P. Box and M. E. Muller,
  /// "A Note on the Generation of Random Normal Deviates", Annals of Mathematical Statistics 29, 1958). The second
  /// number of the pair is dropped, so that the generator has no hidden state.
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// Draws a number in 0...1 from the beta distribution with both parameters equal to `alpha`. With `alpha` below 1,
  /// most numbers are near 0 or 1; at 1, all are equally likely; above 1, most are near a half.
  ///
  /// - Complexity: O(1) expected.
  public mutating func beta(_ alpha: Double) -> Double {
    precondition(alpha > 0 && alpha.isFinite, "a beta distribution of \(alpha)")
    let first = logGamma(alpha)
    let second = logGamma(alpha)
    // Computed from logarithms: with a small alpha, both gamma numbers of most pairs would underflow to 0.
    return 1 / (1 + exp(second - first))
  }

  /// Draws a number from the gamma distribution with this shape and scale 1, and returns its logarithm (G. Marsaglia
  /// and W. W. Tsang, "A Simple Method for Generating Gamma Variables", ACM Transactions on Mathematical Software 26,
  /// 2000).
  private mutating func logGamma(_ shape: Double) -> Double {
    // Section 6: a gamma number of shape + 1, times U^(1/shape).
    guard shape >= 1 else { return logGamma(shape + 1) + log(1 - uniform()) / shape }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      if log(1 - uniform()) < 0.5 * x * x + d * (1 - v + log(v)) { return log(d * v) }
    }
  }
}

// MARK: - Binomial

extension SplitMix64 {
  /// Draws the number of successes among `trials` independent trials that each succeed with `probability`.
  ///
  /// - Complexity: O(1) expected, whatever the number of trials.
  public mutating func binomial(_ trials: Int, _ probability: Double) -> Int {
    precondition(trials >= 0 && 0...1 ~= probability, "\(trials) trials of probability \(probability)")
    if probability > 0.5 { return trials - binomial(trials, 1 - probability) }
    if trials == 0 || probability == 0 { return 0 }
    // Below a mean of 10 the hat function of the rejection method does not fit, and a search from 0 is short.
    return Double(trials) * probability < 10
      ? searched(trials, probability) : rejected(Binomial(trials, probability))
  }

  /// Inversion: returns the first count whose cumulative probability exceeds a uniform number.
  private mutating func searched(_ trials: Int, _ probability: Double) -> Int {
    let odds = probability / (1 - probability)
    var rest = uniform()
    var term = exp(Double(trials) * log1p(-probability))
    var count = 0
    // If rounding makes the terms sum to less than the uniform number, the loop ends at a count in the far upper tail.
    while rest >= term, count < trials, term > 0 {
      rest -= term
      count += 1
      term *= odds * Double(trials - count + 1) / Double(count)
    }
    return count
  }

  /// Transformed rejection with squeeze: algorithm BTRS of W. Hörmann, "The generation of binomial random variates",
  /// Journal of Statistical Computation and Simulation 46, 1993. The constants are the paper's.
  private mutating func rejected(_ binomial: Binomial) -> Int {
    let deviation = binomial.deviation
    let b = 1.15 + 2.53 * deviation
    let a = -0.0873 + 0.0248 * b + 0.01 * binomial.probability
    let alpha = (2.83 + 5.1 / b) * deviation
    let squeeze = 0.92 - 4.2 / b
    let best = binomial.logarithm(binomial.mode)
    while true {
      let u = uniform() - 0.5
      var v = uniform()
      let distance = 0.5 - u.magnitude
      let place = ((2 * a / distance + b) * u + binomial.mean + 0.5).rounded(.down)
      guard 0...Double(binomial.trials) ~= place else { continue }
      if distance >= 0.07 && v <= squeeze { return Int(place) }
      v = log(v * alpha / (a / (distance * distance) + b))
      if v <= binomial.logarithm(Int(place)) - best { return Int(place) }
    }
  }
}

/// A binomial distribution.
private struct Binomial {
  let trials: Int
  let probability: Double
  var mean: Double { Double(trials) * probability }
  var deviation: Double { (mean * (1 - probability)).squareRoot() }
  /// The most likely count.
  var mode: Int { Int((Double(trials) + 1) * probability) }

  init(_ trials: Int, _ probability: Double) { (self.trials, self.probability) = (trials, probability) }

  /// The logarithm of a count's probability, up to a term that is the same for all counts.
  func logarithm(_ count: Int) -> Double {
    Double(count) * log(probability / (1 - probability)) - logFactorial(count) - logFactorial(trials - count)
  }
}

/// Returns ln n!. Beyond the table it uses Stirling's series, whose first omitted term is below 1e-12 from n = 10 on
/// (M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions", 6.1.41).
private func logFactorial(_ n: Int) -> Double {
  if n < smallLogFactorials.count { return smallLogFactorials[n] }
  let x = Double(n) + 1
  let inverse = 1 / x
  let square = inverse * inverse
  let series = inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680)))
  return (x - 0.5) * log(x) - x + 0.5 * log(2 * Double.pi) + series
}

private let smallLogFactorials: [Double] = (1...10).reduce(into: [0]) {
  $0.append($0.last! + log(Double($1)))
}
