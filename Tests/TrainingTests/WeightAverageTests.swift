// Averages of the weights: their definitions, their statistics, and runs that resume with them.

import Compute
import NetworkSamples
import TensorStream
import Testing

@testable import Execution
@testable import Networks
@testable import Training

@Suite struct WeightAverageTests {
  private static let plain = "linear:8 relu"
  private static let normalized = "conv:4,bias=no norm relu pool:average,global"
  /// Four batches of 8 an epoch.
  private static let training = Dataset.pictures(32, noise: 0.4)
  private static let heldOut = Dataset.pictures(16, noise: 0.4, seed: 2)

  private func trainer(
    _ average: WeightAverage?, _ specification: String = plain, jobs: Int = 1,
    validation: Dataset? = heldOut
  ) throws -> Trainer {
    try Trainer(
      settings: TrainingSettings.sample(epochs: 3, learningRate: 0.02).with { $0.weightAverage = average },
      architecture: Architecture(specification: specification, input: Self.training.shape, classCount: 4),
      training: Self.training, validation: validation,
      engine: Engine(instructionSet: .best, jobs: jobs))
  }

  @Test(arguments: [
    ("ema:0.999", WeightAverage.exponential(decay: 0.999)), ("EMA:.5", .exponential(decay: 0.5)),
    ("last:2", .lastEpochs(2)), ("last:30", .lastEpochs(30)),
  ])
  func textsAreRead(_ text: String, _ average: WeightAverage) {
    #expect(WeightAverage(text) == average)
    #expect(WeightAverage(average.text) == average)
  }

  @Test(arguments: [
    "", "ema", "ema:", "ema:0", "ema:1", "ema:nan", "last:1", "last:0", "last:-3", "last:2.5", "mean:3",
  ])
  func otherTextsAreRefused(_ text: String) { #expect(WeightAverage(text) == nil) }

  /// Whichever epoch has the lowest held-out loss, the weights that are kept are averages.
  @Test func theExponentialAverageIncludesEveryStep() throws {
    let observer = StatesOfSteps()
    let trainer = try trainer(.exponential(decay: 0.9))
    var expected = trainer.network.exportParameters().map { $0.values.map(Double.init) }
    _ = trainer.run(observer: observer)
    #expect(observer.states.map(\.optimizer.stepsTaken) == Array(1...12))
    for state in observer.states {
      let step = state.optimizer.stepsTaken
      let decay = min(0.9, (1 + Double(step)) / (10 + Double(step)))
      for (index, parameter) in state.parameters.enumerated() {
        for (place, value) in parameter.values.enumerated() {
          expected[index][place] += (1 - decay) * (Double(value) - expected[index][place])
        }
      }
      let average = try #require(state.optimizer.moments.last)
      #expect(average.name == "weight_average" && average.values.count == expected.count)
      #expect(average.values.map(\.values.count) == expected.map(\.count))
      for (parameter, values) in zip(average.values, expected) {
        for (found, value) in zip(parameter.values, values) { #expect(abs(Double(found) - value) <= 1e-6) }
      }
    }
    #expect(observer.states.last?.best?.parameters != observer.states.last?.parameters)
  }

  /// Without held-out images, the last epoch is the best.
  @Test func theAverageOfEpochsIsTheMeanAtTheirEnds() throws {
    let observer = StatesOfSteps()
    let outcome = try trainer(.lastEpochs(2), validation: nil).run(observer: observer)
    let ends = try [8, 12].map { step in
      try #require(observer.states.last { $0.optimizer.stepsTaken == step }).parameters
    }
    let average = try #require(observer.states.last?.optimizer.moments.last?.values)
    for (index, parameter) in average.enumerated() {
      for (place, value) in parameter.values.enumerated() {
        let mean = (Double(ends[0][index].values[place]) + Double(ends[1][index].values[place])) / 2
        #expect(abs(Double(value) - mean) <= 1e-6)
      }
    }
    try #require(outcome.best?.epoch == 3)
    #expect(outcome.parameters == average)
  }

  @Test func aResumedRunKeepsItsAverage() throws {
    for average in [WeightAverage.exponential(decay: 0.8), .lastEpochs(2)] {
      let whole = try trainer(average, Self.normalized).run(observer: StatesOfSteps())
      for left in [1, 4, 6, 9] {
        let resumed = try outcome(stoppingAfter: left) { try trainer(average, Self.normalized, jobs: $0) }
        #expect(resumed.parameters == whole.parameters, "stopped after \(left)")
      }
    }
  }

  /// The statistics of averaged weights are means over batches, here over all batches of an epoch.
  @Test func averagedWeightsHaveTheirOwnStatistics() throws {
    let trainer = try trainer(.exponential(decay: 0.5), Self.normalized)
    let outcome = trainer.run(observer: StatesOfSteps())
    let parameters = try #require(outcome.parameters)
    let mean = try #require(parameters.first { $0.name == "norm1.running_mean" }).values
    // The mean of the convolution's outputs over batches of equal size is the mean over all images.
    let network = Network(
      trainer.network.architecture, batchCapacity: 32, forTraining: true,
      engine: Engine(instructionSet: .best, jobs: 1))
    network.importParameters(parameters)
    Self.training.images.withUnsafeBufferPointer {
      network.estimateStatistics(ImageBatch(bytes: $0, count: 32), number: 0)
    }
    let whole = try #require(network.exportParameters().first { $0.name == "norm1.running_mean" }).values
    #expect(mean.count == whole.count && !mean.isEmpty)
    for (one, other) in zip(mean, whole) { #expect(abs(one - other) <= 1e-5) }
    #expect(mean != trainer.network.exportParameters().first { $0.name == "norm1.running_mean" }?.values)
  }

  @Test func frozenStatisticsStayUnchanged() throws {
    let architecture = try Architecture(
      specification: Self.normalized, input: Self.training.shape, classCount: 4)
    var start = Initialization.kaiming.parameters(for: architecture, seed: 1)
    for index in start.indices where start[index].name.hasSuffix("running_mean") {
      start[index].values = start[index].values.map { _ in 0.25 }
    }
    let trainer = try Trainer(
      settings: TrainingSettings.sample(epochs: 2, learningRate: 0.02).with { $0.freezesStatistics = true },
      architecture: architecture, training: Self.training, validation: nil,
      engine: Engine(instructionSet: .best, jobs: 2), start: start)
    let parameters = try #require(trainer.run(observer: StatesOfSteps()).parameters)
    #expect(start.map(\.name) == parameters.map(\.name))
    for (before, after) in zip(start, parameters) {
      let isStatistic = ["running_mean", "running_var", "num_batches_tracked"].contains {
        before.name.hasSuffix($0)
      }
      #expect((before.values == after.values) == isStatistic, "\(before.name)")
    }
  }
}
