// Random shares: numbers of the beta distribution, from two of gamma distributions.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension SplitMix64 {
  /// A number in 0...1 of the beta distribution with both parameters `alpha`: below 1 most are near 0 or 1, at 1 all are
  /// as likely, above 1 most are near a half.
  public mutating func beta(_ alpha: Double) -> Double {
    precondition(alpha > 0 && alpha.isFinite, "a beta distribution of \(alpha)")
    let first = logGamma(alpha)
    let second = logGamma(alpha)
    // Of their logarithms: with a small alpha the numbers themselves are 0 for most pairs.
    return 1 / (1 + exp(second - first))
  }

  /// The logarithm of a number of the gamma distribution with this shape and scale 1 (G. Marsaglia and W. W. Tsang, "A
  /// Simple Method for Generating Gamma Variables", ACM Transactions on Mathematical Software 26, 2000).
  private mutating func logGamma(_ shape: Double) -> Double {
    // Section 6: one of a larger shape, times U^(1/shape).
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
