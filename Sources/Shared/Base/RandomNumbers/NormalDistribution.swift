#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension SplitMix64 {
  /// Draws a number from the normal distribution with mean 0 and standard deviation 1 (Box & Muller 1958). The second
  /// number of the pair is dropped, so that the generator has no hidden state.
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}
