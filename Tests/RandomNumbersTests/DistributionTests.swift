import Foundation
import RandomNumbers
import Testing

/// Draws from the beta distribution against its distribution function, for parameters that have an elementary one.
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

/// Draws from binomial distributions against the exact distribution.
@Suite struct BinomialTests {
  /// The distance between the shares of `count` draws and the distribution function that is exceeded with a probability
  /// of 1e-9 at most (A. Dvoretzky, J. Kiefer and J. Wolfowitz 1956, with P. Massart's constant of 1990).
  private func bound(_ count: Int) -> Double { (log(2 / 1e-9) / (2 * Double(count))).squareRoot() }

  /// P(X <= k) for k = 0 … n. The logarithms of the terms are relative to the largest, so that the sum cannot vanish.
  private func distribution(_ trials: Int, _ probability: Double) -> [Double] {
    let logarithms = (0...trials).reduce(into: [Double]()) { terms, count in
      guard count > 0 else { return terms.append(0) }
      terms.append(
        terms[count - 1] + log(Double(trials - count + 1) / Double(count) * probability / (1 - probability)))
    }
    let largest = logarithms.max()!
    let terms = logarithms.map { exp($0 - largest) }
    let total = terms.reduce(0, +)
    var sum = 0.0
    return terms.map { term in
      sum += term
      return sum / total
    }
  }

  /// Means on both sides of 10, where the method changes, and probabilities on both sides of 1/2.
  @Test(arguments: [
    (1, 0.5), (5, 0.3), (40, 0.2), (40, 0.24), (40, 0.26), (1000, 0.0099), (1000, 0.0101), (100, 0.5),
    (100, 0.93), (10_000, 0.25), (50, 0.999),
  ])
  func drawsHaveTheDistribution(trials: Int, probability: Double) {
    var random = SplitMix64(seed: 11)
    let count = 50_000
    var drawn = [Int](repeating: 0, count: trials + 1)
    for _ in 0..<count {
      let number = random.binomial(trials, probability)
      guard 0...trials ~= number else {
        Issue.record("drew \(number) of \(trials)")
        return
      }
      drawn[number] += 1
    }
    var sum = 0
    for (number, expected) in distribution(trials, probability).enumerated() {
      sum += drawn[number]
      #expect(abs(Double(sum) / Double(count) - expected) <= bound(count), "\(number)")
    }
  }

  @Test func meanAndVarianceOfManyTrialsAreRight() {
    var random = SplitMix64(seed: 3)
    let (trials, probability, count) = (1_000_000_000_000, 0.3, 20_000)
    let (mean, variance) = (Double(trials) * probability, Double(trials) * probability * (1 - probability))
    let standard = (0..<count).map { _ in
      (Double(random.binomial(trials, probability)) - mean) / variance.squareRoot()
    }
    // Six standard deviations of the mean of standard normal numbers, and of the mean of their squares (variance 2).
    #expect(abs(standard.reduce(0, +) / Double(count)) <= 6 / Double(count).squareRoot())
    let squares = standard.reduce(0) { $0 + $1 * $1 } / Double(count)
    #expect(abs(squares - 1) <= 6 * (2 / Double(count)).squareRoot())
  }

  @Test func certainOutcomesAreExact() {
    var random = SplitMix64(seed: 1)
    for trials in [0, 1, 7, 1 << 53] {
      #expect(random.binomial(trials, 0) == 0)
      #expect(random.binomial(trials, 1) == trials)
    }
    #expect(random.binomial(0, 0.5) == 0)
  }
}
