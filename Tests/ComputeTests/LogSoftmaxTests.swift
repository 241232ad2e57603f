// The logarithm of softmax, against the formula in Double.

import Compute
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct LogSoftmaxTests {
  /// Sums pair by pair, with log(exp a + exp b) = max + log1p(exp(−|a − b|)), which the code under test does not use.
  private func reference(_ logits: [Float]) -> [Double] {
    let sum = logits.dropFirst().reduce(Double(logits[0])) { sum, logit in
      let (low, high) = (min(sum, Double(logit)), max(sum, Double(logit)))
      return high + log1p(exp(low - high))
    }
    return logits.map { Double($0) - sum }
  }

  /// Returns the results in rows of `classCount`, with a NaN after the last.
  private func logSoftmax(_ logits: [Float], batch: Int, classCount: Int) -> [Float] {
    let engine = Engine(instructionSet: .best, jobs: 1)
    let input = BatchOfLogits(logits, batch: batch, classCount: classCount)
    var result = [Float](repeating: .nan, count: batch * classCount + 1)
    result.withUnsafeMutableBufferPointer {
      engine.logSoftmax(
        logits: input.logitRows, logarithms: Rows($0, stride: classCount), batch: batch,
        classCount: classCount)
    }
    return result
  }

  @Test(arguments: LossTests.classCounts, LossTests.Logits.allCases)
  func matchesTheReference(classCount: Int, logits: LossTests.Logits) {
    for batch in [0, 1, 5] {
      let values = logits.values(batch * classCount)
      let result = logSoftmax(values, batch: batch, classCount: classCount)
      #expect(result.last?.isNaN == true)
      for row in 0..<batch {
        let range = row * classCount..<(row + 1) * classCount
        for (value, expected) in zip(result[range], reference(Array(values[range]))) {
          // One rounding to Float, whose numbers are 1e-45 apart near 0. The sum in Double has one term per class, and
          // each loses digits in proportion to the largest logit.
          let largest = values[range].reduce(1) { max($0, abs($1)) }
          let bound = abs(expected) * 0x1p-24 + 1e-45 + Double(classCount) * Double(largest) * 0x1p-51
          #expect(abs(Double(value) - expected) <= bound && value <= 0, "\(value), expected \(expected)")
        }
      }
    }
  }

  /// exp of the difference is 0 in Float from −104 on, and in Double from −746.
  @Test func almostImpossibleClassesHaveTheirLogarithms() {
    let result = logSoftmax([0, -104, -746, -100_000, 1e30, 0, -1e30, 88], batch: 2, classCount: 4)
    #expect(Array(result[..<4]) == [0, -104, -746, -100_000])
    #expect(Array(result[4..<8]) == [0, -1e30, -2e30, -1e30])
  }

  @Test func logitsThatAreNotFiniteGiveNaN() {
    for value in [Float.nan, .infinity] {
      #expect(logSoftmax([1, value, 2], batch: 1, classCount: 3).contains { $0.isNaN })
    }
  }
}
