// The weights that a run keeps, and runs that end before their last epoch.

import NetworkSamples
import TensorStream
import Testing

@testable import Networks
@testable import Training

@Suite struct BestEpochTests {
  private static let specification = "linear:48 relu linear:32 relu"
  private static let training = Dataset.pictures(64, noise: 0.5, strayLabels: 0.1)
  /// Half of the labels are random, so the loss rises as the network becomes more confident.
  private static let heldOut = Dataset.pictures(64, noise: 0.5, strayLabels: 0.5, seed: 2)

  private func run(
    epochs: Int = 12, validation: Dataset? = heldOut, stopAfter: Int? = nil,
    _ change: (inout TrainingSettings) -> Void = { _ in }
  ) throws -> Run {
    let settings = TrainingSettings.sample(epochs: epochs, batchSize: 16).with(change)
    return try Run(
      Self.specification, on: Self.training, validation: validation, settings, stopAfter: stopAfter)
  }

  /// Checks that the kept weights give the figures in the report of their epoch.
  private func expectKept(_ run: Run, epoch: Int, validation: Dataset = heldOut) throws {
    let best = try #require(run.outcome.best)
    #expect(best.epoch == epoch)
    #expect(best == run.reports.first { $0.epoch == epoch })
    let parameters = try #require(run.outcome.parameters)
    let figures = try figures(Self.specification, parameters, on: validation)
    let reported = try #require(best.validation)
    #expect(abs(figures.loss - reported.loss) <= Double(validation.count) * reported.loss * Double.ulpOfOne)
    #expect(figures.accuracy == reported.accuracy)
  }

  @Test func theEpochOfTheLowestHeldOutLossIsKept() throws {
    let run = try run()
    let losses = run.reports.compactMap { $0.validation?.loss }
    #expect(losses.count == 12)
    let lowest = try #require(losses.indices.min { losses[$0] < losses[$1] })
    // With these data, the loss first falls, then rises.
    try #require(lowest > 0 && lowest < 11 && losses[11] > 1.2 * losses[lowest])
    try expectKept(run, epoch: lowest + 1)
    #expect(run.outcome.epochsRun == 12)
    #expect(!run.outcome.ranOutOfPatience && !run.outcome.wasStopped && run.outcome.failure == nil)
    for (index, report) in run.reports.enumerated() {
      #expect(report.epoch == index + 1)
      #expect(report.isBest == losses[..<index].allSatisfy { losses[index] < $0 })
    }
  }

  @Test func theEpochOfTheHighestAccuracyIsKeptOnRequest() throws {
    let run = try run { $0.monitor = .accuracy }
    let figures = run.reports.compactMap(\.validation)
    #expect(figures.count == 12)
    // If accuracies are equal, the lower loss is better.
    let best = try #require(
      figures.indices.max {
        (figures[$0].accuracy, -figures[$0].loss) < (figures[$1].accuracy, -figures[$1].loss)
      })
    let ofLoss = try #require(figures.indices.min { figures[$0].loss < figures[$1].loss })
    try #require(best > 0 && best < 11 && best != ofLoss)
    try expectKept(run, epoch: best + 1)
  }

  @Test func amongEqualAccuraciesTheLowestLossIsKept() throws {
    let validation = Dataset.pictures(16, seed: 3)
    let run = try run(epochs: 20, validation: validation) { $0.monitor = .accuracy }
    let perfect = run.reports.filter { $0.validation?.accuracy == 1 }
    try #require(perfect.count >= 3)
    let best = try #require(perfect.min { $0.validation!.loss < $1.validation!.loss })
    try #require(best.epoch > perfect[0].epoch)
    try expectKept(run, epoch: best.epoch, validation: validation)
  }

  /// Whole batches of 16, and a smaller last one.
  @Test(arguments: [1, 15, 16, 17, 33])
  func everyHeldOutRecordIsJudged(_ count: Int) throws {
    let validation = Dataset.pictures(count, strayLabels: 0.5, seed: 4)
    let run = try run(epochs: 1, validation: validation)
    try expectKept(run, epoch: 1, validation: validation)
  }

  @Test func theMonitorChangesOnlyWhatIsKept() throws {
    let byLoss = try run()
    let byAccuracy = try run { $0.monitor = .accuracy }
    #expect(byLoss.steps == byAccuracy.steps)
    #expect(byLoss.reports.map(\.validation) == byAccuracy.reports.map(\.validation))
    #expect(byLoss.outcome.parameters != byAccuracy.outcome.parameters)
  }

  @Test func withoutHeldOutDataTheLastEpochIsKept() throws {
    let three = try run(epochs: 3, validation: nil)
    #expect(three.outcome.best?.epoch == 3)
    #expect(three.reports.count == 3 && three.reports.allSatisfy { $0.isBest && $0.validation == nil })
    // Judging draws no random numbers and changes nothing.
    let judged = try run(epochs: 3)
    #expect(judged.outcome.best?.epoch == 3)
    #expect(three.outcome.parameters == judged.outcome.parameters)
    let two = try run(epochs: 2, validation: nil)
    #expect(two.outcome.parameters != three.outcome.parameters)
  }

  // MARK: - Patience

  @Test(arguments: [1, 2, 5])
  func patienceEndsARunThatStopsImproving(_ patience: Int) throws {
    let whole = try run()
    let patient = try run { $0.patience = patience }
    let epochsRun = patient.outcome.epochsRun
    let best = try #require(patient.outcome.best).epoch
    #expect(patient.outcome.ranOutOfPatience && !patient.outcome.wasStopped)
    #expect(epochsRun == best + patience && epochsRun < 12)
    #expect(patient.reports.count == epochsRun)
    #expect(patient.reports.map(\.validation) == whole.reports.prefix(epochsRun).map(\.validation))
    try expectKept(patient, epoch: best)
  }

  @Test func patienceWithoutHeldOutDataNeverEndsARun() throws {
    let run = try run(epochs: 5, validation: nil) { $0.patience = 1 }
    #expect(run.outcome.epochsRun == 5 && !run.outcome.ranOutOfPatience)
  }

  // MARK: - Stopping (an epoch has four steps)

  @Test(arguments: [1, 3])
  func aStopInTheFirstEpochKeepsTheWeightsOfThatStep(_ steps: Int) throws {
    let stopped = try run(stopAfter: steps)
    #expect(stopped.steps.count == steps)
    #expect(stopped.outcome.wasStopped && !stopped.outcome.ranOutOfPatience)
    #expect(stopped.reports.map(\.step) == [steps])
    try expectKept(stopped, epoch: 1)
    let whole = try run(epochs: 1)
    #expect(stopped.outcome.parameters != whole.outcome.parameters)
    #expect(stopped.steps == Array(whole.steps.prefix(steps)))
  }

  @Test func aStopInALaterEpochKeepsTheBestWholeEpoch() throws {
    let stopped = try run(stopAfter: 10) { $0.patience = 1 }
    let whole = try run(epochs: 2)
    #expect(stopped.steps.count == 10)
    #expect(stopped.outcome.wasStopped && !stopped.outcome.ranOutOfPatience)
    #expect(stopped.reports.map(\.epoch) == [1, 2])
    #expect(stopped.outcome.parameters == whole.outcome.parameters)
    #expect(stopped.outcome.best?.epoch == 2)
  }

  @Test func aStopAtTheEndOfAnEpochKeepsThatEpoch() throws {
    let stopped = try run(stopAfter: 8)
    #expect(stopped.outcome.wasStopped)
    #expect(stopped.outcome.epochsRun == 2)
    #expect(stopped.outcome.parameters == (try run(epochs: 2)).outcome.parameters)
  }
}
