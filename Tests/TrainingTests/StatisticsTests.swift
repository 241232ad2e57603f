// Runs of networks with normalisation: the statistics of the weights that are kept, of those that a run starts from,
// and of those that other numbers of threads compute.

import Compute
import NetworkSamples
import Networks
import TensorStream
import Testing

@testable import Execution
@testable import Training

@Suite struct StatisticsTests {
  private static let specification =
    "conv:4,bias=no norm relu residual( conv:4,bias=no norm relu conv:4,bias=no norm ) relu pool linear:24 norm gelu"
  /// Five batches of 8, and one of a single image.
  private static let training = Dataset.pictures(41, noise: 0.5, strayLabels: 0.2)
  private static let stepsPerEpoch = 6
  private static let heldOut = Dataset.pictures(40, noise: 0.5, strayLabels: 0.5, seed: 2)

  private func counters(_ parameters: [Parameter]?) -> [Float] {
    (parameters ?? []).filter { $0.name.hasSuffix("num_batches_tracked") }.flatMap(\.values)
  }

  /// The weights, statistics and counters that are kept belong to the same epoch.
  @Test func theBestWeightsHaveTheStatisticsOfTheirEpoch() throws {
    let run = try Run(
      Self.specification, on: Self.training, validation: Self.heldOut,
      .sample(epochs: 12, learningRate: 0.01))
    let best = try #require(run.outcome.best)
    try #require(best.epoch < 12)
    let parameters = try #require(run.outcome.parameters)
    #expect(counters(parameters) == [Float](repeating: Float(best.epoch * Self.stepsPerEpoch), count: 4))
    let reported = try #require(best.validation)
    let figures = try figures(Self.specification, parameters, on: Self.heldOut)
    #expect(abs(figures.loss - reported.loss) <= 40 * reported.loss * Double.ulpOfOne)
    #expect(figures.accuracy == reported.accuracy)
  }

  /// An epoch whose last batch is a single image gives the same bytes for any number of threads.
  @Test(arguments: InstructionSet.supported)
  func theNumberOfThreadsChangesNothing(_ instructionSet: InstructionSet) throws {
    let runs = try [1, 2, 5].map { jobs in
      try Run(
        Self.specification, on: Self.training, validation: Self.heldOut,
        .sample(epochs: 2, learningRate: 0.01), instructionSet: instructionSet, jobs: jobs)
    }
    #expect(runs[0].outcome.failure == nil && runs[0].steps.count == 2 * Self.stepsPerEpoch)
    for run in runs.dropFirst() {
      #expect(run.steps.map(\.loss) == runs[0].steps.map(\.loss))
      #expect(run.outcome.parameters == runs[0].outcome.parameters)
    }
  }

  /// A start is used with its statistics, which training then updates.
  @Test func aStartBringsItsStatistics() throws {
    let first = try Run(Self.specification, on: Self.training, .sample(epochs: 2))
    let start = try #require(first.outcome.parameters)
    let epochs = Float(counters(start)[0]) / Float(Self.stepsPerEpoch)
    let next = try Run(
      Self.specification, on: Self.training, .sample(epochs: 1, learningRate: 1e-30), start: start)
    let parameters = try #require(next.outcome.parameters)
    #expect(counters(parameters) == [Float](repeating: (epochs + 1) * Float(Self.stepsPerEpoch), count: 4))
    #expect(start.map(\.name) == parameters.map(\.name))
    for (before, after) in zip(start, parameters) {
      let moves = before.name.contains("running_") || before.name.hasSuffix("num_batches_tracked")
      #expect((before.values != after.values) == moves, "\(before.name)")
    }
  }

  /// 32 images are learned by heart. Running statistics judge them as well as the batch's do.
  @Test func aFewImagesAreLearnedByHeart() throws {
    let data = Dataset.pictures(32)
    let run = try Run(Self.specification, on: data, validation: data, .sample(epochs: 40, learningRate: 0.01))
    let best = try #require(run.outcome.best?.validation)
    #expect(best.accuracy == 1 && best.loss < 0.05)
    #expect(run.finalLoss < 0.1)
  }
}
