// Binomial random numbers in an expected time that does not grow with the number of trials.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

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
