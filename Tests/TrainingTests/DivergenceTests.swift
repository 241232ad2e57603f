// Runs that diverge: the step at which that is noticed, and the weights that are kept.

import Compute
import NetworkSamples
import TensorStream
import Testing

@testable import Networks
@testable import Training

@Suite struct DivergenceTests {
  private static let data = Dataset.pictures(32)
  private static let heldOut = Dataset.pictures(16, seed: 2)

  private func settings(learningRate: Double, batchSize: Int = 8) -> TrainingSettings {
    .sample(epochs: 20, batchSize: batchSize, method: .sgd, learningRate: learningRate).with {
      $0.optimizer.momentum = 0
    }
  }

  private struct Place: Equatable {
    let what: String
    let epoch: Int
    let step: Int
    let learningRate: Double
  }

  private func divergence(of run: Run) -> Place? {
    guard case .diverged(let what, let epoch, let step, let learningRate)? = run.outcome.failure else {
      return nil
    }
    return Place(what: what, epoch: epoch, step: step, learningRate: learningRate)
  }

  @Test(
    arguments: InstructionSet.supported, ["linear:16 relu", "conv:3 relu pool", "conv:3 pool relu linear:9"])
  func aHugeLearningRateIsNoticedWithinAFewSteps(
    _ instructionSet: InstructionSet, _ specification: String
  ) throws {
    let run = try Run(
      specification, on: Self.data, validation: Self.heldOut, settings(learningRate: 1e30),
      instructionSet: instructionSet)
    let place = try #require(divergence(of: run))
    #expect(place.what == "the loss" && place.epoch == 1)
    // The observer is not notified of the step that diverged.
    #expect(place.step == run.steps.count + 1 && place.step <= 4)
    #expect(place.learningRate == 1e30)
    #expect(run.steps.allSatisfy { $0.loss.isFinite })
    #expect(run.reports.isEmpty)
    #expect(run.outcome.parameters == nil && run.outcome.best == nil)
    #expect(run.outcome.epochsRun == 0 && !run.outcome.wasStopped)
  }

  @Test func theLastGoodModelIsKept() throws {
    // One step an epoch. Without ReLUs, which would die, weights grow faster and faster.
    let settings = settings(learningRate: 100, batchSize: 32).with { $0.patience = 50 }
    let run = try Run("linear:16 linear:16", on: Self.data, validation: Self.heldOut, settings)
    let place = try #require(divergence(of: run))
    try #require(place.epoch > 1)
    #expect(place.epoch == run.reports.count + 1)
    #expect(run.outcome.epochsRun == run.reports.count)
    #expect(!run.outcome.ranOutOfPatience)
    let losses = run.reports.compactMap { $0.validation?.loss }
    let best = try #require(run.outcome.best)
    #expect(best.validation?.loss == losses.min())
    let parameters = try #require(run.outcome.parameters)
    #expect(parameters.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    let figures = try figures("linear:16 linear:16", parameters, on: Self.heldOut)
    #expect(abs(figures.loss - losses.min()!) <= 16 * losses.min()! * Double.ulpOfOne)
  }

  /// With one step an epoch, its loss is that of the first weights. Only the new weights show the divergence.
  @Test func aWeightThatIsNotFiniteIsNoticedAtTheEpochsEnd() throws {
    // The learning rate is too large for a Float.
    let run = try Run(
      "linear:16 relu", on: Self.data, validation: nil, settings(learningRate: 1e39, batchSize: 32))
    #expect(divergence(of: run) == Place(what: "a weight", epoch: 1, step: 1, learningRate: 1e39))
    #expect(run.outcome.parameters == nil && run.reports.isEmpty)
  }

  /// The weights are finite, but their logits are not.
  @Test func aHeldOutLossThatIsNotFiniteIsNoticed() throws {
    let run = try Run(
      "linear:16 relu linear:16 relu", on: Self.data, validation: Self.heldOut,
      settings(learningRate: 1e20, batchSize: 32))
    #expect(divergence(of: run) == Place(what: "the held-out loss", epoch: 1, step: 1, learningRate: 1e20))
    #expect(run.outcome.parameters == nil && run.reports.isEmpty)
  }

  /// The same without held-out data: the step's own loss is computed before the step.
  @Test func aLossThatIsNotFiniteAfterTheLastStepIsNoticed() throws {
    for batchSize in [32, 1000] {
      let run = try Run(
        "linear:16 relu linear:16 relu", on: Self.data,
        settings(learningRate: 1e20, batchSize: batchSize).with { $0.epochs = 1 })
      #expect(divergence(of: run) == Place(what: "the loss", epoch: 1, step: 1, learningRate: 1e20))
      #expect(run.outcome.parameters == nil && run.reports.isEmpty)
    }
  }

  @Test func weightsKeptWithoutHeldOutDataHaveAFiniteLoss() throws {
    // One step an epoch: the step that blows up the weights is the last of its epoch.
    let run = try Run(
      "linear:16 linear:16", on: Self.data, settings(learningRate: 100, batchSize: 32))
    let place = try #require(divergence(of: run))
    try #require(place.epoch > 1)
    let parameters = try #require(run.outcome.parameters)
    #expect(try figures("linear:16 linear:16", parameters, on: Self.data).loss.isFinite)
  }

  @Test(
    arguments: [Float.nan, .infinity, -.infinity], ["conv:2 relu pool", "conv:2 pool relu linear:5 relu"])
  func aFirstWeightThatIsNotFiniteIsNoticedInTheFirstEpoch(_ value: Float, _ specification: String) throws {
    let architecture = try Architecture(
      specification: specification, input: Self.data.shape, classCount: 4)
    let drawn = Initialization.kaiming.parameters(for: architecture, seed: 1)
    let weights = drawn.indices.filter { drawn[$0].name.hasSuffix("weight") }
    #expect(weights.count >= 2)
    for broken in weights {
      var start = drawn
      start[broken].values[0] = value
      let run = try Run(
        specification, on: Self.data, validation: Self.heldOut, settings(learningRate: 0.01), start: start)
      #expect(divergence(of: run)?.epoch == 1, "\(start[broken].name)")
      #expect(run.outcome.parameters == nil, "\(start[broken].name)")
    }
  }

  @Test func theMessageNamesTheStepAndTheEpoch() {
    let error = TrainingError.diverged(what: "the loss", epoch: 2, step: 37, learningRate: 0.5)
    #expect(
      error.description
        == "training diverged: the loss is not finite at step 37 (epoch 2, learning rate 0.5)")
    #expect(error.kind == .badData)
  }

  @Test func clippingKeepsARunWithAHighLearningRateFinite() throws {
    let settings = settings(learningRate: 100, batchSize: 32)
    let specification = "linear:16 linear:16"
    let unclipped = try Run(specification, on: Self.data, settings)
    #expect(unclipped.outcome.failure != nil)
    let clipped = try Run(
      specification, on: Self.data, settings.with { $0.optimizer.gradientLimit = 0.001 })
    #expect(clipped.outcome.failure == nil && clipped.outcome.epochsRun == 20)
  }
}
