// Range tests of given curves, and of a network that learns.

import Compute
import Foundation
import NetworkSamples
import Testing

@testable import Networks
@testable import Training

@Suite struct RangeTestTests {
  /// Returns a range test whose losses are a function of log₁₀ of the rate.
  private func test(_ count: Int = RangeTest.stepCount, _ loss: (Double) -> Double) -> RangeTest {
    let schedule = LearningRateSchedule.rangeTest(
      from: RangeTest.rates.lowerBound, to: RangeTest.rates.upperBound, stepCount: RangeTest.stepCount)
    return RangeTest(
      steps: (0..<count).map {
        let rate = schedule.rate(at: $0)
        return RangeTest.Step(learningRate: rate, loss: loss(-7 + 8 * Double($0) / 399))
      })
  }

  @Test func ratesRiseByTheSameFactorFromTheFirstToTheLast() {
    let rates = test { _ in 1 }.steps.map(\.learningRate)
    #expect(rates.count == 400)
    #expect(abs(rates[0] / 1e-7 - 1) <= 1e-12 && abs(rates[399] / 10 - 1) <= 1e-12)
    for (one, next) in zip(rates, rates.dropFirst()) { #expect(abs(next / one / 1.0472275 - 1) <= 1e-4) }
  }

  /// A smooth fall, steepest at `middle`.
  @Test(arguments: [-5.0, -3.5, -2, -1.2])
  func theRateOfTheSteepestFallIsSuggested(_ middle: Double) throws {
    let test = test { 2.3 / (1 + exp10(2 * ($0 - middle))) + 0.1 }
    let suggestion = try #require(test.suggestion)
    // Within a band and a half. There are five bands to a power of ten.
    #expect(abs(suggestion / exp10(middle)) <= exp10(0.3) && abs(suggestion / exp10(middle)) >= exp10(-0.3))
  }

  /// No rate after the lowest loss is suggested, however much the losses jump there.
  @Test func lossesAfterTheLowestDoNotCount() throws {
    let test = test { $0 < -1 ? 2 - 0.2 * ($0 + 7) : ($0 < 0 ? 9 : 4) }
    #expect(try #require(test.suggestion) < 0.1)
    #expect(try #require(test.lowest) < 0.15)
  }

  @Test func aLossThatDoesNotFallSuggestsNothing() {
    #expect(test { _ in 2.3 }.suggestion == nil)
    #expect(test { 2.3 + 0.01 * ($0 + 7) }.suggestion == nil)
    #expect(test(0) { _ in 1 }.suggestion == nil && test(0) { _ in 1 }.lowest == nil)
    #expect(test(1) { _ in 1 }.suggestion == nil && test(12) { -$0 }.suggestion == nil)
  }

  @Test func bandsAreMeansOfTenSteps() {
    let whole = test { $0 }
    #expect(whole.bands.count == 40)
    #expect(abs(whole.bands[3].loss - (-7 + 8 * 34.5 / 399)) <= 1e-12)
    #expect(test(14) { $0 }.bands.count == 1 && test(15) { $0 }.bands.count == 2)
  }

  @Test(arguments: [5, 64, 1000])
  func aNetworkThatLearnsGetsASuggestion(_ count: Int) throws {
    let data = Dataset.pictures(count)
    func run(jobs: Int) throws -> (RangeTest, [Int]) {
      var steps: [Int] = []
      let test = try RangeTest(
        settings: .sample(epochs: 1, batchSize: 16).with { $0.patience = 1 },
        architecture: Architecture(specification: "linear:16 relu", input: data.shape, classCount: 4),
        training: data, engine: Engine(instructionSet: .best, jobs: jobs)
      ) { steps.append($0) }
      return (test, steps)
    }
    let (test, steps) = try run(jobs: 1)
    #expect(steps == Array(1...test.steps.count))
    let (suggestion, lowest) = (try #require(test.suggestion), try #require(test.lowest))
    #expect(suggestion > 1e-6 && suggestion < 1 && suggestion < lowest)
    let threaded = try run(jobs: 3).0
    #expect(threaded == test)
  }

  @Test func aLossThatExplodesEndsTheTest() throws {
    let data = Dataset.pictures(64, strayLabels: 0.3)
    let test = try RangeTest(
      settings: .sample(),
      architecture: Architecture(
        specification: "linear:16 linear:16", input: data.shape, classCount: 4), training: data,
      engine: Engine(instructionSet: .best, jobs: 1))
    #expect(test.steps.count < RangeTest.stepCount && test.steps.count > 200)
    #expect(!test.steps.contains { !$0.loss.isFinite })
  }
}

private func exp10(_ exponent: Double) -> Double { pow(10, exponent) }
