// The learning rate over a run, for every shape.

import Testing

@testable import Training

@Suite struct LearningRateScheduleTests {
  private static let peak = 0.008

  private func rates(
    _ shape: LearningRateSchedule.Shape, steps: Int, warmUp: Int? = nil
  ) -> [Double] {
    let schedule = LearningRateSchedule(
      shape: shape, peak: Self.peak, stepCount: steps, warmUpSteps: warmUp)
    return (0..<steps).map(schedule.rate)
  }

  private func isClose(_ rate: Double, _ expected: Double) -> Bool {
    abs(rate - expected) <= 1e-12 * Self.peak
  }

  @Test func theConstantRateIsThePeakThroughout() {
    #expect(rates(.constant, steps: 50).allSatisfy { $0 == Self.peak })
  }

  @Test func theCosineFallsFromThePeakThroughHalfOfItToNearlyZero() {
    let rates = rates(.cosine, steps: 1000)
    #expect(rates[0] == Self.peak)
    #expect(isClose(rates[250], Self.peak * (1 + 0.5.squareRoot()) / 2))
    #expect(isClose(rates[500], Self.peak / 2))
    #expect(isClose(rates[750], Self.peak * (1 - 0.5.squareRoot()) / 2))
    // The curve reaches 0 one step after the last, so that the last step still changes something.
    #expect(rates[999] > 0 && rates[999] <= 3e-6 * Self.peak)
    #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test func oneCycleRisesToThePeakAndFallsToATenThousandth() {
    let rates = rates(.oneCycle, steps: 1000)
    // The rise begins one step above 1/25.
    #expect(isClose(rates[0], Self.peak / 25 + Self.peak * 24 / 25 / 300))
    #expect(isClose(rates[149], Self.peak * 13 / 25))
    #expect(isClose(rates[299], Self.peak) && isClose(rates[300], Self.peak))
    #expect(isClose(rates[650], (Self.peak + Self.peak / 10_000) / 2))
    #expect(rates[999] >= Self.peak / 10_000 && rates[999] <= 1.1 * Self.peak / 10_000)
    #expect(zip(rates[..<300], rates[1..<300]).allSatisfy { $0 < $1 })
    #expect(zip(rates[300...], rates[301...]).allSatisfy { $0 > $1 })
  }

  @Test func theTriangleRisesToThePeakAndFallsLinearlyToNearlyZero() {
    let rates = rates(.triangular, steps: 1000)
    for step in 0..<200 { #expect(isClose(rates[step], Self.peak * Double(step + 1) / 200)) }
    for step in 200..<1000 { #expect(isClose(rates[step], Self.peak * Double(1000 - step) / 800)) }
    let other = self.rates(.triangular, steps: 100, warmUp: 10)
    #expect(isClose(other[9], Self.peak) && isClose(other[55], Self.peak / 2))
    #expect(self.rates(.triangular, steps: 100, warmUp: 0)[0] == Self.peak)
  }

  @Test(arguments: [LearningRateSchedule.Shape.constant, .cosine])
  func theWarmUpRisesLinearlyToThePeak(_ shape: LearningRateSchedule.Shape) {
    let rates = rates(shape, steps: 100, warmUp: 10)
    for step in 0..<10 { #expect(isClose(rates[step], Self.peak * Double(step + 1) / 10)) }
    #expect(isClose(rates[10], Self.peak))
    #expect(zip(rates[9...], rates[10...]).allSatisfy { $0 >= $1 })
    #expect(isClose(rates[55], shape == .cosine ? Self.peak / 2 : Self.peak))
  }

  @Test func oneCycleCanHaveAnotherWarmUp() {
    let rates = rates(.oneCycle, steps: 100, warmUp: 20)
    #expect(isClose(rates[19], Self.peak) && isClose(rates[20], Self.peak))
    #expect(rates[18] < Self.peak && rates[21] < Self.peak)
    let without = self.rates(.oneCycle, steps: 100, warmUp: 0)
    #expect(isClose(without[0], Self.peak))
  }

  @Test(arguments: LearningRateSchedule.Shape.allCases)
  func aSingleStepUsesThePeak(_ shape: LearningRateSchedule.Shape) {
    #expect(isClose(rates(shape, steps: 1)[0], Self.peak))
    #expect(isClose(rates(shape, steps: 1, warmUp: 1)[0], Self.peak))
  }

  @Test(arguments: LearningRateSchedule.Shape.allCases, [100, 101, 1_000_000])
  func aWarmUpAsLongAsTheRunOrLongerReachesThePeakAtTheEnd(
    _ shape: LearningRateSchedule.Shape, _ warmUp: Int
  ) {
    let rates = rates(shape, steps: 100, warmUp: warmUp)
    #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 < $1 })
    #expect(isClose(rates[99], Self.peak))
    #expect(rates[0] > 0)
  }

  @Test(arguments: LearningRateSchedule.Shape.allCases, [1, 2, 3, 7, 100])
  func ratesArePositiveAndNeverAboveThePeak(_ shape: LearningRateSchedule.Shape, _ steps: Int) {
    for warmUp in [nil, 0, 1, 2, 1000] {
      let rates = rates(shape, steps: steps, warmUp: warmUp)
      #expect(rates.allSatisfy { $0 > 0 && $0 <= Self.peak * (1 + 1e-12) }, "warm-up \(warmUp ?? -1)")
    }
  }
}
