// Leading layers that stop learning: when they stop, their learning rates before that, and the values that stay fixed.

import Compute
import NetworkSamples
import TensorStream
import Testing

@testable import Execution
@testable import Networks
@testable import Training

@Suite struct FreezingTests {
  private static let specification =
    "conv:4,bias=no norm relu conv:5,bias=no norm relu pool dropout:0.1 linear:7 layernorm relu linear:6 relu"
  /// Four batches of 8 an epoch.
  private static let training = Dataset.pictures(32, noise: 0.4, strayLabels: 0.2)
  private static let heldOut = Dataset.pictures(16, noise: 0.4, seed: 2)
  private static let settings = TrainingSettings.sample(epochs: 4, learningRate: 0.01).with {
    $0.freezing = Freezing("1@2,3@4")
  }

  private func trainer(
    _ settings: TrainingSettings = settings, jobs: Int = 1, specification: String = specification
  ) throws -> Trainer {
    try Trainer(
      settings: settings,
      architecture: Architecture(
        specification: specification, input: Self.training.shape, classCount: 4),
      training: Self.training, validation: Self.heldOut, engine: Engine(instructionSet: .best, jobs: jobs))
  }

  private func states(_ settings: TrainingSettings, specification: String = specification) throws
    -> [TrainingState]
  {
    let observer = StatesOfSteps()
    _ = try trainer(settings, specification: specification).run(observer: observer)
    // The state at an epoch's end is offered more than once.
    return (1...16).compactMap { step in observer.states.last { $0.optimizer.stepsTaken == step } }
  }

  /// Returns the parameters and statistics of the first `layers` layers.
  private func leading(_ parameters: [Parameter], _ layers: Int) -> [Parameter] {
    let names = [["conv1", "norm1"], ["conv2", "norm2"], ["fc1", "layernorm1"]].prefix(layers).flatMap { $0 }
    return parameters.filter { parameter in names.contains { parameter.name.hasPrefix("\($0).") } }
  }

  // MARK: - Texts

  @Test(arguments: ["2@12", "1@1", "2@12,4@16", "1000000@1000000"]) func textsAreRead(_ text: String) throws {
    #expect(try #require(Freezing(text)).text == text)
  }

  @Test(arguments: [
    "", ",", "2", "@2", "2@", "0@2", "2@0", "-1@2", "2@12,", "2@12,4", "2@12,2@16", "4@12,2@16", "2@12,4@12",
    "2@16,4@12",
    "2@3@4", "two@3", "1.5@3", "2@1e3", "99999999999999999999@1",
  ])
  func otherTextsAreRefused(_ text: String) { #expect(Freezing(text) == nil) }

  // MARK: - Rates

  /// With a cosine schedule, the rates are FreezeOut's: η (1 + cos(π s / s_i)) / 2.
  @Test func ratesCompleteTheScheduleBeforeTheirLayerFreezes() throws {
    let schedule = LearningRateSchedule(shape: .cosine, peak: 0.4, stepCount: 40)
    let plan = FreezingPlan(Freezing("1@2,3@4"), stepsPerEpoch: 10)
    for step in 0..<40 {
      let rates = plan.rates(schedule, at: Double(step))
      #expect(rates.general == schedule.rate(at: step) && rates[2] == rates.general)
      for (part, end) in [(0, 10.0), (1, 30)] where Double(step) < end {
        let expected = 0.2 * (1 + cosine(.pi * Double(step) / end))
        #expect(abs(rates[part] - expected) <= 1e-12)
      }
      #expect(plan.frozenLayers(at: Double(step)) == (step < 10 ? 0 : step < 30 ? 1 : 3))
    }
  }

  /// Computes the cosine by its series. |x| is at most 3.2.
  private func cosine(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for index in stride(from: 2.0, to: 40, by: 2) {
      term *= -x * x / (index * (index - 1))
      sum += term
    }
    return sum
  }

  // MARK: - Runs

  private static let kinds: [@Sendable (TrainingSettings) -> TrainingSettings] = [
    { $0 },
    { $0.with { $0.optimizer = OptimizerSettings(method: .adamw, weightDecay: 0.1, gradientLimit: 0.5) } },
    { $0.with { $0.optimizer = OptimizerSettings(method: .sgd, weightDecay: 0.1, isNesterov: true) } },
    { $0.with { $0.optimizer = OptimizerSettings(method: .muon, weightDecay: 0.1) } },
    {
      $0.with { $0.optimizer = OptimizerSettings(method: .sgd, decayScope: .weights, normalizationRate: 3) }
    },
    { $0.with { $0.precision = .bfloat16 } },
    { $0.with { $0.lookahead = Lookahead(steps: 3, share: 0.4) } },
    { $0.with { $0.schedule = .oneCycle } },
    { $0.with { $0.batchSizes = BatchSizes("8,16@3")! } },
  ]

  /// Weights and statistics stay fixed with any optimiser. The other layers keep learning.
  @Test(arguments: kinds.indices) func frozenLayersStayUnchanged(_ kind: Int) throws {
    let settings = Self.kinds[kind](Self.settings)
    let (steps, isWhole) = (RunSteps(settings, imageCount: 32), settings.lookahead == nil)
    let states = try states(settings)
    #expect(states.count == steps.count)
    for (epoch, layers, next) in [(2, 1, 2), (4, 3, 3)] {
      // With slow weights, layers that freeze take over the judged weights first. So the state one step later counts.
      let first = steps.count(before: epoch) - (isWhole ? 1 : 0)
      let (before, last) = (states[first].parameters, try #require(states.last).parameters)
      #expect(leading(before, layers) == leading(last, layers))
      #expect(!leading(before, layers).isEmpty)
      if next > layers {
        let pairs = zip(leading(before, next), leading(last, next)).filter { one, _ in
          !one.name.contains("1.")
        }
        #expect(!pairs.isEmpty && pairs.allSatisfy { $0 != $1 })
      }
      let learning = zip(before, last).filter { one, _ in one.name.hasPrefix("out.") }
      #expect(learning.count == 2 && learning.allSatisfy { $0 != $1 })
    }
  }

  /// With a constant rate, nothing differs until a layer is frozen, and everything differs from then on.
  @Test func stepsBeforeTheFirstFreezeAreTheSame() throws {
    let (frozen, free) = (try states(Self.settings), try states(Self.settings.with { $0.freezing = nil }))
    for (one, other) in zip(frozen, free) {
      #expect((one.parameters == other.parameters) == (one.optimizer.stepsTaken <= 4))
    }
    #expect(frozen.count == 16 && free.count == 16)
    let never = try states(Self.settings.with { $0.freezing = Freezing("2@1") })
    #expect(leading(never[0].parameters, 2) == leading(never[15].parameters, 2))
  }

  /// A layer's rate falls to 0 before the layer is frozen, so the first layer moves less than it otherwise would.
  @Test func leadingLayersHaveTheirOwnRates() throws {
    let settings = Self.settings.with {
      $0.schedule = .cosine
      $0.optimizer = OptimizerSettings(method: .sgd, momentum: 0)
    }
    let (frozen, free) = (try states(settings), try states(settings.with { $0.freezing = nil }))
    // All layers take the first step at the peak rate.
    #expect(frozen[0].parameters == free[0].parameters)
    #expect(leading(frozen[1].parameters, 3) != leading(free[1].parameters, 3))
    #expect(frozen[1].parameters.last == free[1].parameters.last)
  }

  @Test(arguments: kinds.indices, [nil, WeightAverage.exponential(decay: 0.8), .lastEpochs(2)])
  func aResumedRunEndsLikeTheWholeRun(_ kind: Int, _ average: WeightAverage?) throws {
    let settings = Self.kinds[kind](Self.settings).with { $0.weightAverage = average }
    let whole = try trainer(settings).run(observer: StatesOfSteps())
    #expect(whole.failure == nil)
    for left in [1, 3, 4, 5, 7, 9, 11] {
      let resumed = try outcome(stoppingAfter: left) { try trainer(settings, jobs: $0) }
      #expect(resumed.parameters == whole.parameters, "stopped after \(left)")
      #expect(resumed.best?.timeless == whole.best?.timeless, "stopped after \(left)")
    }
  }

  /// Frozen layers take over the weights that are judged: the slow ones once they have moved, the fast ones before.
  @Test func slowAndFastWeightsOfFrozenLayersAreEqual() throws {
    for (steps, isMoved) in [(3, true), (7, false)] {
      let states = try states(Self.settings.with { $0.lookahead = Lookahead(steps: steps) })
      func slow(_ state: TrainingState) throws -> [Parameter] {
        let values = try #require(state.optimizer.moments.first { $0.name == "slow_weights" }).values
        return leading(values, 1)
      }
      func fast(_ state: TrainingState) throws -> [Parameter] {
        let names = try slow(state).map(\.name)
        return leading(state.parameters, 1).filter { names.contains($0.name) }
      }
      #expect(try slow(states[3]) != fast(states[3]))
      #expect(try fast(states[4]) == (isMoved ? slow(states[3]) : fast(states[3])))
      for state in states[4...] {
        #expect(try slow(state) == fast(states[4]) && fast(state) == fast(states[4]))
      }
    }
  }

  /// Layers stay frozen with smoothed labels, balanced orders and mixed images.
  @Test func layersFreezeWithOtherLossesToo() throws {
    let settings = Self.settings.with {
      $0.freezing = Freezing("2@1")
      $0.labelSmoothing = 0.1
      $0.sampling = .balanced
      $0.augmentation = Augmentation(flips: true, shift: 1, mixup: 0.4)
    }
    let states = try states(settings)
    #expect(states.count == 16)
    #expect(leading(states[0].parameters, 2) == leading(states[15].parameters, 2))
  }

  /// In a range test, layers frozen from the first epoch on do not learn, and all others do.
  @Test func aRangeTestFreezesLayersThatNeverLearn() throws {
    let architecture = try Architecture(
      specification: "linear:4 relu", input: Self.training.shape, classCount: 4)
    let engine = Engine(instructionSet: .best, jobs: 1)
    func test(_ text: String?) throws -> RangeTest {
      try RangeTest(
        settings: Self.settings.with { $0.freezing = text.flatMap { Freezing($0) } },
        architecture: architecture,
        training: Self.training, engine: engine)
    }
    #expect(try test("1@2") == test(nil))
    #expect(try test("1@1") != test(nil))
  }

  @Test func settingsRecordFrozenLayers() {
    #expect(Self.settings.record["freeze"] == "1@2,3@4")
    #expect(TrainingSettings.general.record["freeze"] == nil)
  }
}
