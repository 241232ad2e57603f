// A run that is stopped at any step and resumed equals the run that never stopped: all its reports have the same bits.

import Compute
import NetworkSamples
import TensorStream
import Testing

@testable import Execution
@testable import Networks
@testable import Training

@Suite struct ResumptionTests {
  /// Convolutions of both layouts, dropout, and padded channels and outputs.
  private static let specification =
    "conv:3 relu pool conv:5 relu pool dropout:0.1 linear:21 relu dropout:0.1"
  /// Five batches of 8 and one of 3 an epoch.
  private static let training = Dataset.pictures(43, noise: 0.4, strayLabels: 0.2)
  private static let heldOut = Dataset.pictures(21, noise: 0.4, strayLabels: 0.4, seed: 2)
  fileprivate static let stepsPerEpoch = 6

  private static let settings = TrainingSettings.sample(epochs: 4, learningRate: 0.01).with {
    $0.schedule = .oneCycle
    $0.labelSmoothing = 0.1
  }

  /// The results of a run, without times.
  struct Result: Equatable, CustomTestStringConvertible {
    var losses: [Double]
    var reports: [EpochReport]
    var parameters: [Parameter]?
    var best: EpochReport?
    var epochsRun: Int
    var ranOutOfPatience: Bool
    var failure: TrainingError?

    /// Omits the weights, which would fill the screen.
    var testDescription: String {
      "\(losses) \(reports.map(\.validation)) best \(best?.epoch ?? 0) of \(epochsRun)"
    }
  }

  /// Collects the reports of several runs, each resumed from the one before it.
  private final class Legs: TrainingObserver {
    var stepsLeft = Int.max
    var wants = false
    private(set) var state: TrainingState?
    private(set) var stateCount = 0
    private(set) var losses: [Double] = []
    private(set) var reports: [EpochReport] = []

    func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) {
      losses.append(loss)
      stepsLeft -= 1
    }
    func didFinishEpoch(_ report: EpochReport) {
      // Part of an epoch is judged if there is nothing better to keep. Later, the whole epoch is judged again.
      if report.step % ResumptionTests.stepsPerEpoch == 0 { reports.append(report) }
    }
    var shouldStop: Bool { stepsLeft <= 0 }
    var wantsState: Bool { wants }
    func keep(_ state: () -> TrainingState) {
      self.state = state()
      stateCount += 1
    }
  }

  private func trainer(
    _ settings: TrainingSettings, validation: Dataset?, jobs: Int = 1, start: [Parameter]? = nil,
    specification: String = specification
  ) throws -> Trainer {
    try Trainer(
      settings: settings,
      architecture: Architecture(
        specification: specification, input: Self.training.shape, classCount: 4),
      training: Self.training, validation: validation, engine: Engine(instructionSet: .best, jobs: jobs),
      start: start)
  }

  /// Runs to the end. On the way, the run is stopped and resumed after each number of steps in `legs`. Requires that
  /// each stop comes before the end.
  private func run(
    _ settings: TrainingSettings, legs: [Int] = [], validation: Dataset? = heldOut,
    specification: String = specification
  ) throws -> Result {
    let observer = Legs()
    var outcome: TrainingOutcome?
    for (index, steps) in (legs + [Int.max]).enumerated() {
      // Neither the number of threads nor the first weights of the resuming trainer may matter.
      let trainer = try trainer(
        settings, validation: validation, jobs: 1 + index % 3, specification: specification)
      if let state = observer.state { try trainer.restore(state) }
      observer.stepsLeft = steps
      outcome = trainer.run(observer: observer)
      try #require(outcome?.wasStopped == (index < legs.count), "leg \(index) of \(legs)")
    }
    let end = try #require(outcome)
    return Result(
      losses: observer.losses, reports: observer.reports.map(\.timeless), parameters: end.parameters,
      best: end.best?.timeless, epochsRun: end.epochsRun, ranOutOfPatience: end.ranOutOfPatience,
      failure: end.failure)
  }

  // MARK: - At every step

  @Test(arguments: 1...23)
  func aRunStoppedAtAnyStepEndsLikeTheWholeRun(_ step: Int) throws {
    let whole = try run(Self.settings)
    #expect(whole.losses.count == 4 * Self.stepsPerEpoch && whole.reports.count == 4)
    #expect(try run(Self.settings, legs: [step]) == whole)
  }

  /// Running statistics are part of the state, including those of the best weights.
  @Test(arguments: [1, 5, 6, 11, 19])
  func branchesAndStatisticsAreResumed(_ step: Int) throws {
    let specification =
      "conv:3,bias=no norm relu residual( conv:5,bias=no norm gelu conv:3,bias=no norm ) relu pool:average"
      + " concat( | conv:4,kernel=1 dropout:0.1 ) norm,momentum=0.4,scale=no linear:9 norm silu"
    let whole = try run(Self.settings, specification: specification)
    #expect(whole.losses.count == 4 * Self.stepsPerEpoch && whole.reports.count == 4)
    #expect(try run(Self.settings, legs: [step], specification: specification) == whole)
  }

  /// Products of bfloat16 in a convolution and in dense layers.
  @Test(arguments: [1, 6, 7, 14])
  func bfloat16NetworksAreResumed(_ step: Int) throws {
    let specification = "conv:18 relu pool conv:20 norm relu dropout:0.1 linear:21 relu"
    let settings = Self.settings.with { $0.precision = .bfloat16 }
    let whole = try run(settings, specification: specification)
    #expect(whole.losses.count == 4 * Self.stepsPerEpoch && whole.reports.count == 4)
    #expect(try run(settings, legs: [step], specification: specification) == whole)
    #expect(try run(Self.settings, specification: specification) != whole)
  }

  @Test(arguments: OptimizerSettings.Method.allCases, [false, true])
  func everyOptimizerIsResumed(_ method: OptimizerSettings.Method, _ judges: Bool) throws {
    let validation = judges ? Self.heldOut : nil
    let settings = Self.settings.with {
      $0.optimizer = OptimizerSettings(
        method: method, weightDecay: 0.01, momentum: 0.9, gradientLimit: method == .adamw ? 0.5 : nil)
    }
    let whole = try run(settings, validation: validation)
    #expect(whole.failure == nil)
    for step in [1, 5, 6, 7, 12, 23] {
      #expect(try run(settings, legs: [step], validation: validation) == whole, "stopped at \(step)")
    }
  }

  @Test func aRunCanBeStoppedAfterEveryStep() throws {
    let whole = try run(Self.settings)
    for legs in [Array(repeating: 1, count: 23), [2, 3, 4, 5, 6]] {
      let parted = try run(Self.settings, legs: legs)
      #expect(parted == whole, "stopped after \(legs)")
    }
  }

  @Test(arguments: LearningRateSchedule.Shape.allCases, TrainingSettings.MonitoredFigure.allCases)
  func schedulesAndMonitorsAreResumed(
    _ shape: LearningRateSchedule.Shape, _ monitor: TrainingSettings.MonitoredFigure
  ) throws {
    let settings = Self.settings.with {
      $0.schedule = shape
      $0.monitor = monitor
      $0.warmUp = 0.5
    }
    let (parted, whole) = (try run(settings, legs: [8, 9]), try run(settings))
    #expect(parted == whole)
  }

  @Test func augmentationIsResumed() throws {
    let settings = Self.settings.with {
      $0.augmentation = Augmentation(
        flips: true, shift: 2, erasing: RandomErasing(probability: 0.5), mixup: 0.4, cutmix: 1)
    }
    let whole = try run(settings)
    let plain = try run(Self.settings)
    #expect(whole != plain)
    for step in [3, 6, 9, 20] { #expect(try run(settings, legs: [step]) == whole, "stopped at \(step)") }
  }

  /// The state has the sum of class weights within an epoch, and nothing about the rounds of a balanced order.
  @Test(arguments: Sampling.allCases, [false, true])
  func classWeightsAndBalancedOrdersAreResumed(_ sampling: Sampling, _ isShort: Bool) throws {
    let settings = Self.settings.with {
      $0.sampling = sampling
      $0.classWeights = ClassWeights(source: "test", values: [0.3, 1, 7, 2])
      $0.augmentation = Augmentation(flips: true, shift: 1, mixup: 0.4)
      $0.precision = isShort ? .bfloat16 : .float32
    }
    let whole = try run(settings)
    #expect(whole.losses.count == 4 * Self.stepsPerEpoch && whole.reports.count == 4)
    #expect(whole != (try run(settings.with { $0.classWeights = nil })))
    for step in [1, 5, 6, 7, 15, 23] {
      #expect(try run(settings, legs: [step]) == whole, "stopped at \(step)")
    }
  }

  // MARK: - The best epoch, and patience

  /// Learns mostly wrong labels by heart, so the best epoch is an early one. It may be on either side of the break.
  private static let patient = settings.with {
    $0.epochs = 12
    $0.schedule = .constant
    $0.patience = 3
  }

  @Test func theBestEpochCanBeBeforeOrAfterTheBreak() throws {
    let whole = try run(Self.patient)
    let best = try #require(whole.best).epoch
    try #require(best > 1 && whole.ranOutOfPatience && whole.epochsRun == best + 3 && best + 3 < 12)
    for epoch in 1...whole.epochsRun {
      for step in [-1, 0, 2].map({ epoch * Self.stepsPerEpoch + $0 }) where step < whole.losses.count {
        #expect(try run(Self.patient, legs: [step]) == whole, "stopped at \(step)")
      }
    }
  }

  @Test func resumingAFinishedRunGivesTheSameOutcome() throws {
    for settings in [Self.settings, Self.patient] {
      let first = Legs()
      let outcome = try trainer(settings, validation: Self.heldOut).run(observer: first)
      let again = Legs()
      let trainer = try trainer(settings, validation: Self.heldOut)
      try trainer.restore(try #require(first.state))
      let repeated = trainer.run(observer: again)
      #expect(again.losses.isEmpty && again.reports.isEmpty)
      #expect(repeated.parameters == outcome.parameters && repeated.parameters != nil)
      #expect(repeated.best == outcome.best && repeated.epochsRun == outcome.epochsRun)
      #expect(repeated.ranOutOfPatience == outcome.ranOutOfPatience && !repeated.wasStopped)
    }
  }

  @Test func aStopAtTheVeryLastStepFinishesTheRun() throws {
    let observer = Legs()
    observer.stepsLeft = 4 * Self.stepsPerEpoch
    let outcome = try trainer(Self.settings, validation: Self.heldOut).run(observer: observer)
    #expect(!outcome.wasStopped && outcome.epochsRun == 4 && outcome.passes == 4)
    let whole = try run(Self.settings)
    #expect(observer.losses == whole.losses && outcome.parameters == whole.parameters)
  }

  // MARK: - States

  @Test func statesAreOfferedOnRequestAfterEachEpochAndAtAStop() throws {
    let wanting = Legs()
    wanting.wants = true
    _ = try trainer(Self.settings, validation: Self.heldOut).run(observer: wanting)
    #expect(wanting.stateCount == 4 * Self.stepsPerEpoch)
    #expect(wanting.state?.progress.epoch == 5 && wanting.state?.progress.recordsDone == 0)
    let patient = Legs()
    patient.stepsLeft = 8
    _ = try trainer(Self.settings, validation: Self.heldOut).run(observer: patient)
    #expect(patient.stateCount == 2)
    #expect(patient.state?.progress.epoch == 2 && patient.state?.progress.recordsDone == 16)
    #expect(patient.state?.optimizer.stepsTaken == 8)
  }

  /// The padding between the weights is restored, too.
  @Test func everyByteOfTheNetworkIsRestored() throws {
    let observer = Legs()
    observer.stepsLeft = 9
    let left = try trainer(Self.settings, validation: Self.heldOut)
    _ = left.run(observer: observer)
    let restored = try trainer(Self.settings.with { $0.seed = 77 }, validation: Self.heldOut)
    try restored.restore(try #require(observer.state))
    func bits(_ trainer: Trainer) -> [UInt32] { trainer.network.parameters.floats.map(\.bitPattern) }
    let named = restored.network.architecture.parameterCount
    #expect(bits(restored).count > named && bits(left).count == bits(restored).count)
    #expect(bits(restored) == bits(left))
    #expect(restored.state.parameters == left.state.parameters)
    #expect(restored.state.optimizer == left.state.optimizer)
    #expect(restored.state.best == left.state.best)
  }

  @Test func weightsThatAreNotFiniteAreNotOffered() throws {
    let observer = Legs()
    observer.wants = true
    let outcome = try trainer(
      Self.settings.with {
        $0.learningRate = 1e38
        $0.schedule = .constant
      }, validation: nil
    ).run(observer: observer)
    #expect(outcome.failure != nil)
    let offered = observer.state?.parameters.flatMap(\.values) ?? []
    #expect(!offered.contains { !$0.isFinite })
    #expect(observer.stateCount < observer.losses.count)
  }
}

extension EpochReport {
  /// The report without times.
  var timeless: EpochReport {
    var report = self
    report.imagesPerSecond = 0
    report.seconds = 0
    return report
  }
}
