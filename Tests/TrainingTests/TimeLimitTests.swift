// A schedule that is fitted to the available time. The clock is simulated, so nothing here waits.

import Compute
import NetworkSamples
import Testing

@testable import Networks
@testable import Training

@Suite struct TimeLimitTests {
  private static let training = Dataset.pictures(64)
  private static let heldOut = Dataset.pictures(32, seed: 2)
  private static let stepsPerEpoch = 8

  /// A clock that advances by `secondsAStep` at each step, and stands still otherwise.
  private final class Clock: TrainingObserver {
    private(set) var seconds: Double
    private let secondsAStep: Double
    private let stopAfter: Int
    private(set) var steps = 0
    private(set) var reports: [EpochReport] = []
    private(set) var state: TrainingState?

    init(secondsAStep: Double, startingAt start: Double = 0, stopAfter: Int = .max) {
      seconds = start
      self.secondsAStep = secondsAStep
      self.stopAfter = stopAfter
    }
    func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) {
      steps += 1
      seconds += secondsAStep
    }
    func didFinishEpoch(_ report: EpochReport) { reports.append(report) }
    var shouldStop: Bool { steps >= stopAfter }
    func keep(_ state: () -> TrainingState) { self.state = state() }
  }

  private func trainer(
    _ clock: Clock?, limit: Double, epochs: Int = 10, validation: Dataset? = nil
  ) throws -> Trainer {
    let settings = TrainingSettings.sample(epochs: epochs, batchSize: 8, learningRate: 0.01)
      .with { $0.schedule = .oneCycle }
    return try Trainer(
      settings: settings,
      architecture: Architecture(specification: "linear:8 relu", input: Self.training.shape, classCount: 4),
      training: Self.training, validation: validation, engine: Engine(instructionSet: .best, jobs: 1),
      timeLimit: clock.map { clock in TimeLimit(seconds: limit) { clock.seconds } })
  }

  @Test(arguments: [1.0, 2.5, 7, 40])
  func aRunAndItsScheduleEndInTime(_ secondsAStep: Double) throws {
    let clock = Clock(secondsAStep: secondsAStep)
    let outcome = try trainer(clock, limit: 60.25).run(observer: clock)
    #expect(outcome.ranOutOfTime && !outcome.wasStopped && outcome.failure == nil)
    // The run ends at most one step before the limit, or after it.
    #expect(abs(clock.seconds - 60) <= secondsAStep)
    #expect(clock.steps == Int((60 / secondsAStep).rounded(.up)))
    #expect(outcome.passes == Double(clock.steps) / Double(Self.stepsPerEpoch))
    #expect(outcome.epochsRun == (clock.steps + Self.stepsPerEpoch - 1) / Self.stepsPerEpoch)
    #expect(outcome.best?.step == clock.steps && outcome.parameters != nil)
    // One-cycle ends at a ten-thousandth of its peak. How close the last step comes depends on the number of steps.
    let last = try #require(clock.reports.last).learningRate
    let whole = LearningRateSchedule(shape: .oneCycle, peak: 0.01, stepCount: 80)
    let position = Double(clock.steps - 1) * secondsAStep / 60 * 80
    #expect(abs(last - whole.rate(at: position)) <= 1e-12)
  }

  @Test func aRunThatIsFastEnoughEqualsTheRunWithoutALimit() throws {
    let clock = Clock(secondsAStep: 0.5)
    let limited = try trainer(clock, limit: 1000).run(observer: clock)
    let free = Clock(secondsAStep: 0.5)
    let unlimited = try trainer(nil, limit: 0).run(observer: free)
    #expect(!limited.ranOutOfTime && limited.epochsRun == 10 && limited.passes == 10)
    #expect(limited.parameters == unlimited.parameters)
    #expect(clock.reports.map(\.timeless) == free.reports.map(\.timeless))
  }

  @Test func aRunWithoutTimeTakesOneStep() throws {
    let clock = Clock(secondsAStep: 1, startingAt: 100)
    let outcome = try trainer(clock, limit: 5, validation: Self.heldOut).run(observer: clock)
    #expect(clock.steps == 1 && outcome.ranOutOfTime)
    #expect(outcome.best?.validation != nil && outcome.parameters != nil)
  }

  @Test func anUnfinishedEpochIsJudgedAndCanBeTheBest() throws {
    let clock = Clock(secondsAStep: 1)
    let outcome = try trainer(clock, limit: 28.25, validation: Self.heldOut).run(observer: clock)
    #expect(outcome.ranOutOfTime && clock.reports.count == 4)
    #expect(clock.reports.map(\.step).prefix(3) == [8, 16, 24])
    let last = try #require(clock.reports.last)
    // Judging takes real time, but little.
    #expect(last.step > 24 && last.step <= 28 && last.epoch == 4 && last.validation != nil)
    let losses = clock.reports.compactMap { $0.validation?.loss }
    #expect(outcome.best?.validation?.loss == losses.min())
  }

  @Test func timeForJudgingIsSetAside() {
    let limit = TimeLimit(seconds: 100) { 0 }
    #expect(abs(limit.shareUsed(50, judging: 20) - 50 / (100 - 22 - 0.25)) <= 1e-12)
    #expect(limit.shareUsed(0, judging: 100) == 1)
    #expect(TimeLimit(seconds: 0.1) { 0 }.shareUsed(0, judging: 0) == 1)
  }

  @Test func timeUsedBeforeABreakCounts() throws {
    let first = Clock(secondsAStep: 1, stopAfter: 20)
    _ = try trainer(first, limit: 50.25).run(observer: first)
    let state = try #require(first.state)
    #expect(state.progress.seconds == 20)
    let second = Clock(secondsAStep: 1)
    let trainer = try trainer(second, limit: 50.25)
    try trainer.restore(state)
    let outcome = trainer.run(observer: second)
    #expect(outcome.ranOutOfTime && second.steps == 30)
    // A run whose time is over does not continue.
    let third = Clock(secondsAStep: 1)
    let again = try self.trainer(third, limit: 50.25)
    try again.restore(try #require(second.state))
    let repeated = again.run(observer: third)
    #expect(third.steps == 0 && repeated.parameters == outcome.parameters)
    #expect(repeated.best?.step == outcome.best?.step && repeated.epochsRun == outcome.epochsRun)
  }
}
