#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension SplitMix64 {
  /// A number from the normal distribution with mean 0 and deviation 1 (Box & Muller 1958; the second of the pair is
  /// not kept, so that the stream has no hidden state).
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}
