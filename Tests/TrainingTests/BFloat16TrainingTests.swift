// Training with bfloat16 products learns as well as training with floats, and is as repeatable.

import Compute
import KernelInterface
import NetworkSamples
import TensorStream
import Testing

@testable import Execution
@testable import Networks
@testable import Training

@Suite struct BFloat16TrainingTests {
  private static let specification = "conv:24 relu pool conv:24 relu pool linear:64 relu"
  private static let normalized =
    "conv:20,bias=no norm relu residual( conv:20,bias=no norm relu conv:20,bias=no norm ) relu pool:average,global"

  /// Unrelated images with random labels are learned by heart.
  @Test(arguments: [(specification, 60), ("linear:128 relu linear:32 relu", 120)])
  func thirtyTwoImagesAreOverfitted(_ specification: String, _ epochs: Int) throws {
    let data = Dataset.pictures(32, kinds: 32, noise: 0.7, strayLabels: 1)
    let settings = TrainingSettings.sample(epochs: epochs, batchSize: 16, learningRate: 0.01).with {
      $0.precision = .bfloat16
    }
    let run = try Run(specification, on: data, settings)
    #expect(run.reports.count == epochs)
    #expect(run.reports[0].training.loss > 1)
    #expect(run.finalLoss < 0.02)
    #expect(run.reports.last?.training.accuracy == 1)
    // The result is what was learned, in a network of floats, too.
    let learned = try figures(specification, try #require(run.outcome.parameters), on: data)
    #expect(learned.loss < 0.02 && learned.accuracy == 1)
  }

  @Test(arguments: [specification, normalized]) func unseenImagesAreClassifiedAsWellAsWithFloats(
    _ specification: String
  ) throws {
    let (training, unseen) = (Dataset.pictures(160, noise: 0.4), Dataset.pictures(128, noise: 0.4, seed: 2))
    func run(_ settings: TrainingSettings) throws -> Run {
      try Run(specification, on: training, validation: unseen, settings)
    }
    let settings = TrainingSettings.sample(epochs: 8, batchSize: 16)
    let floats = try run(settings)
    let rounded = try run(settings.with { $0.precision = .bfloat16 })
    #expect(floats.outcome.parameters != rounded.outcome.parameters)
    let accuracies = try [floats, rounded].map { try #require($0.outcome.best?.validation).accuracy }
    #expect(accuracies[0] >= 0.9)
    #expect(abs(accuracies[1] - accuracies[0]) <= 0.03, "\(accuracies)")
    // The first step, from the same weights, has nearly the same loss.
    let losses = [floats, rounded].map { $0.steps[0].loss }
    #expect(abs(losses[1] - losses[0]) <= 0.01 * losses[0], "\(losses)")
  }

  @Test(arguments: InstructionSet.supported) func theSameSeedGivesTheSameWeightsForAnyNumberOfThreads(
    _ instructionSet: InstructionSet
  ) throws {
    let (training, heldOut) = (Dataset.pictures(90), Dataset.pictures(30, seed: 2))
    for limit: Double? in [nil, 0.5] {
      let settings = TrainingSettings.sample(epochs: 2, batchSize: 50).with {
        $0.precision = .bfloat16
        $0.optimizer.gradientLimit = limit
      }
      func run(jobs: Int) throws -> Run {
        try Run(
          "conv:18 relu pool dropout:0.2 conv:20 relu linear:33 relu dropout:0.3", on: training,
          validation: heldOut, settings, instructionSet: instructionSet, jobs: jobs)
      }
      let first = try run(jobs: 1)
      #expect(first.outcome.parameters != nil)
      for jobs in [1, 2, 3, 8] {
        let again = try run(jobs: jobs)
        #expect(again.outcome.parameters == first.outcome.parameters, "\(jobs) threads")
        #expect(again.steps == first.steps, "\(jobs) threads")
        #expect(again.reports.map(\.validation) == first.reports.map(\.validation), "\(jobs) threads")
      }
    }
  }

  /// The check of memory counts the arrays of the network at hand. A network of bfloat16 has more of them.
  @Test func memoryIsCheckedForThePrecision() throws {
    let architecture = try Architecture(
      specification: "linear:4096", input: ImageShape(height: 28, width: 28, channels: 1), classCount: 10)
    let engine = Engine(instructionSet: .best, jobs: 1)
    func needed(_ precision: Precision) -> Double {
      ExecutionPlan(architecture, forTraining: true, engine: engine, precision: precision)
        .byteCount(batch: 64, forTraining: true, engine: engine)
    }
    // The paired bfloat16 weights alone take half the memory of the float weights.
    #expect(needed(.bfloat16) > needed(.float32) + 2 * 784 * 4096)
    let room = MachineMemory.Room(
      byteCount: Int((needed(.float32) + needed(.bfloat16)) / 2), limit: "'ulimit -v'")
    try Network.checkMemory(architecture, batch: 64, forTraining: true, engine: engine, room: room)
    #expect(throws: NetworkSizeError.self) {
      try Network.checkMemory(
        architecture, batch: 64, forTraining: true, engine: engine, precision: .bfloat16, room: room)
    }
  }
}
