// Draws from the beta distribution against its distribution function, for parameters that have an elementary one.
import Foundation
import RandomNumbers
import Testing

@Suite struct BetaTests {
  /// The distribution function, by the value that both parameters have.
  static let distributions: [Double: @Sendable (Double) -> Double] = [
    0.5: { 2 / Double.pi * asin($0.squareRoot()) },
    1: { $0 },
    2: { $0 * $0 * (3 - 2 * $0) },
    3: { $0 * $0 * $0 * (10 - 15 * $0 + 6 * $0 * $0) },
  ]

  @Test(arguments: distributions.keys.sorted()) func drawsHaveTheDistribution(alpha: Double) throws {
    let distribution = try #require(Self.distributions[alpha])
    var random = SplitMix64(seed: 5)
    let count = 50_000
    let drawn = (0..<count).map { _ in random.beta(alpha) }.sorted()
    // A right generator exceeds this with a probability of 1e-9 at most (Dvoretzky, Kiefer and Wolfowitz 1956, with
    // Massart's constant of 1990).
    let bound = (log(2 / 1e-9) / (2 * Double(count))).squareRoot()
    for (rank, number) in drawn.enumerated() {
      let expected = distribution(number)
      guard abs(Double(rank) / Double(count) - expected) <= bound else {
        Issue.record("\(rank) of \(count) are below \(number)")
        return
      }
    }
  }

  /// The variance is 1 / (4 (2α + 1)). With the smallest parameters, nearly all numbers are 0 or 1, and none is NaN.
  @Test(arguments: [1e-4, 0.01, 0.2, 0.8, 7, 100]) func meanAndVarianceAreRight(alpha: Double) {
    var random = SplitMix64(seed: 9)
    let count = 50_000
    let drawn = (0..<count).map { _ in random.beta(alpha) }
    #expect(drawn.allSatisfy { (0...1).contains($0) })
    let variance = 1 / (4 * (2 * alpha + 1))
    let root = Double(count).squareRoot()
    // Six standard deviations of the mean. The squares are at most 1/4, so their standard deviation is at most 1/8.
    #expect(abs(drawn.reduce(0, +) / Double(count) - 0.5) <= 6 * variance.squareRoot() / root)
    let squares = drawn.map { ($0 - 0.5) * ($0 - 0.5) }
    #expect(abs(squares.reduce(0, +) / Double(count) - variance) <= 6 * 0.125 / root)
  }
}
