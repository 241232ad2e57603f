// Beta-distributed random numbers, each computed from two gamma-distributed ones.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension SplitMix64 {
  /// Draws a number in 0...1 from the beta distribution with both parameters equal to `alpha`. With `alpha` below 1,
  /// most numbers are near 0 or 1; at 1, all are equally likely; above 1, most are near a half.
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
