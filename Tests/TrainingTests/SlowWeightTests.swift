// Runs with slow weights: the weights that are judged, their dependence on steps and averages, and refused states.

import Compute
import NetworkSamples
import TensorStream
import Testing

@testable import Execution
@testable import Networks
@testable import Training

@Suite struct SlowWeightTests {
  private static let normalized = "conv:4,bias=no norm relu pool:average,global linear:6 relu"
  /// Four batches of 8 an epoch.
  private static let training = Dataset.pictures(32, noise: 0.4)
  private static let heldOut = Dataset.pictures(16, noise: 0.4, seed: 2)

  private func trainer(
    _ lookahead: Lookahead?, jobs: Int = 1, validation: Dataset? = heldOut,
    _ change: (inout TrainingSettings) -> Void = { _ in }
  ) throws -> Trainer {
    var settings = TrainingSettings.sample(epochs: 3, learningRate: 0.02)
    settings.lookahead = lookahead
    change(&settings)
    return try Trainer(
      settings: settings,
      architecture: Architecture(
        specification: Self.normalized, input: Self.training.shape, classCount: 4),
      training: Self.training, validation: validation, engine: Engine(instructionSet: .best, jobs: jobs))
  }

  // MARK: - Texts

  @Test(arguments: [
    ("5", 5, 0.5), ("2,0.8", 2, 0.8), ("1000000,1e-3", 1_000_000, 0.001), ("10,.25", 10, 0.25),
  ])
  func textsAreRead(_ text: String, _ steps: Int, _ share: Double) throws {
    let lookahead = try #require(Lookahead(text))
    #expect(lookahead.steps == steps && lookahead.share == share)
    #expect(Lookahead(lookahead.text) == lookahead)
  }

  @Test(arguments: [
    "", ",", "5,", ",0.5", "1", "0", "-5", "2.5", "1000001", "5,0", "5,1", "5,-0.5", "5,nan", "5,0.5,1",
    "five",
  ])
  func otherTextsAreRefused(_ text: String) { #expect(Lookahead(text) == nil) }

  // MARK: - Runs

  /// The epochs end at steps 4, 8 and 12. If every fifth step synchronises, there are no slow weights at the first end,
  /// and those of steps 5 and 10 at the others. If every fourth step does, they equal the fast weights.
  @Test func epochsAreJudgedOnSlowWeightsOnceTheyExist() throws {
    let observer = StatesOfSteps()
    let outcome = try trainer(Lookahead(steps: 5), validation: nil).run(observer: observer)
    func state(_ step: Int) throws -> TrainingState {
      try #require(observer.states.last { $0.optimizer.stepsTaken == step })
    }
    #expect(try state(4).best?.parameters == state(4).parameters)
    for (step, synchronized) in [(8, 5), (12, 10)] {
      let best = try #require(state(step).best).parameters
      let slow = try #require(state(step).optimizer.moments.last)
      #expect(slow.name == "slow_weights")
      #expect(best.filter { slow.values.map(\.name).contains($0.name) } == slow.values)
      // At the step that synchronised, the fast weights were the same.
      #expect(
        try state(synchronized).parameters.filter { slow.values.map(\.name).contains($0.name) } == slow.values
      )
      // The statistics are those of the last step.
      let statistics = try state(step).parameters.filter { !slow.values.map(\.name).contains($0.name) }
      #expect(statistics.count == 3)
      #expect(best.filter { !slow.values.map(\.name).contains($0.name) } == statistics)
      #expect(try state(step).parameters != best)
    }
    #expect(try outcome.parameters == state(12).best?.parameters)
    let often = StatesOfSteps()
    let synchronized = try trainer(Lookahead(steps: 4), validation: nil).run(observer: often)
    #expect(synchronized.parameters == often.states.last?.parameters)
  }

  /// Nothing differs before step 4, and everything differs from then on.
  @Test func stepsBeforeTheFirstSynchronisationAreTheOptimizersAlone() throws {
    let (with, without) = (StatesOfSteps(), StatesOfSteps())
    _ = try trainer(Lookahead(steps: 4)).run(observer: with)
    _ = try trainer(nil).run(observer: without)
    for (one, other) in zip(with.states, without.states) {
      #expect((one.parameters == other.parameters) == (one.optimizer.stepsTaken < 4))
    }
    #expect(with.states.count == without.states.count && with.states.count >= 12)
  }

  /// The average is over the fast weights as the next step finds them. It is kept in place of the slow weights. Without
  /// held-out images, the last epoch is the best.
  @Test func averagesAreOverTheWeightsThatASynchronisationLeaves() throws {
    let observer = StatesOfSteps()
    let trainer = try trainer(Lookahead(steps: 2, share: 0.3), validation: nil) {
      $0.weightAverage = .exponential(decay: 0.9)
    }
    var expected = trainer.network.export(trainer.network.parameters).map { $0.values.map(Double.init) }
    _ = trainer.run(observer: observer)
    var step = 0
    for state in observer.states where state.optimizer.stepsTaken == step + 1 {
      step += 1
      let decay = min(0.9, (1 + Double(step)) / (10 + Double(step)))
      let average = try #require(state.optimizer.moments.last)
      #expect(
        state.optimizer.moments.map(\.name) == ["exp_avg", "exp_avg_sq", "slow_weights", "weight_average"])
      for (index, parameter) in average.values.enumerated() {
        let weights = try #require(state.parameters.first { $0.name == parameter.name }).values
        for (place, value) in weights.enumerated() {
          expected[index][place] += (1 - decay) * (Double(value) - expected[index][place])
          #expect(abs(Double(parameter.values[place]) - expected[index][place]) <= 1e-6)
        }
      }
    }
    #expect(step == 12)
    let last = try #require(observer.states.last)
    let best = try #require(last.best)
    try #require(best.report.epoch == 3)
    let average = try #require(last.optimizer.moments.last).values
    #expect(best.parameters.filter { average.map(\.name).contains($0.name) } == average)
  }

  @Test(arguments: [nil, WeightAverage.exponential(decay: 0.8), .lastEpochs(2)])
  func aResumedRunKeepsItsSlowWeights(_ average: WeightAverage?) throws {
    for (steps, limit) in [(2, nil), (5, 0.5), (5, nil)] as [(Int, Double?)] {
      func trainer(jobs: Int = 1) throws -> Trainer {
        try self.trainer(Lookahead(steps: steps, share: 0.7), jobs: jobs) {
          $0.weightAverage = average
          $0.optimizer.gradientLimit = limit
        }
      }
      let whole = try trainer().run(observer: StatesOfSteps())
      for left in [1, 4, 5, 6, 9, 11] {
        let resumed = try outcome(stoppingAfter: left) { try trainer(jobs: $0) }
        #expect(resumed.parameters == whole.parameters, "stopped after \(left)")
      }
    }
  }

  @Test func theStateOfARunWithoutSlowWeightsIsRefused() throws {
    let observer = StatesOfSteps()
    observer.stepsLeft = 6
    _ = try trainer(nil).run(observer: observer)
    let state = try #require(observer.states.last)
    #expect(throws: TrainingStateError.self) { try trainer(Lookahead(steps: 5)).restore(state) }
  }

  // MARK: - Records and memory

  @Test func settingsRecordSlowWeightsIfTheyAreUsed() {
    #expect(TrainingSettings.general.record["lookahead"] == nil)
    #expect(
      TrainingSettings.general.with { $0.lookahead = Lookahead(steps: 5) }.record["lookahead"] == "5,0.5")
  }

  /// Each array that a run remembers is as large as the parameters.
  @Test func memoryIsCountedForEveryRememberedArray() throws {
    let architecture = try Architecture(
      specification: "linear:4096", input: ImageShape(height: 28, width: 28, channels: 1), classCount: 10)
    let engine = Engine(instructionSet: .best, jobs: 1)
    let plan = ExecutionPlan(architecture, forTraining: true, engine: engine)
    func need(_ change: (inout TrainingSettings) -> Void) -> Double {
      plan.byteCount(
        batch: 1, forTraining: true, engine: engine,
        remembered: TrainingSettings.sample().with(change).remembered(architecture))
    }
    let plain = need { _ in }
    for (count, change) in [
      (-1, { $0.optimizer = OptimizerSettings(method: .sgd) }), (1, { $0.lookahead = Lookahead(steps: 5) }),
      (1, { $0.weightAverage = .lastEpochs(2) }),
      (
        2,
        {
          $0.lookahead = Lookahead(steps: 5)
          $0.weightAverage = .exponential(decay: 0.9)
        }
      ),
    ] as [(Double, (inout TrainingSettings) -> Void)] {
      #expect(need(change) - plain == count * 4 * Double(plan.parameterCount))
    }
    // The matrix twice, and five square matrices as wide as its shorter side.
    let muon = need { $0.optimizer = OptimizerSettings(method: .muon) }
    #expect(muon - plain >= 4 * Double(2 * 784 * 4096 + 5 * 784 * 784))
    #expect(muon - plain == 4 * NewtonSchulzMemory.floatCount(architecture.hiddenMatrixShapes))
  }
}
