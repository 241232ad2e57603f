// Batch sizes that change from epoch to epoch: their text form, their steps, and their place in a schedule.

import Compute
import NetworkSamples
import TensorStream
import Testing

@testable import Execution
@testable import Networks
@testable import Training

@Suite struct BatchSizeTests {
  private static let specification = "conv:4,bias=no norm relu pool dropout:0.1 linear:6 relu"
  private static let training = Dataset.pictures(43, noise: 0.4, strayLabels: 0.2)
  private static let heldOut = Dataset.pictures(21, noise: 0.4, seed: 2)
  /// Epochs of 11 steps, then of 3, then of 1.
  private static let settings = TrainingSettings.sample(epochs: 5, learningRate: 0.01).with {
    $0.batchSizes = BatchSizes("4,16@2,1000@4")!
    $0.schedule = .oneCycle
  }

  // MARK: - Texts

  @Test(arguments: [
    ("128", 128, []), ("1", 1, []), ("65536", 65_536, []),
    ("128,512@10", 128, [NumberFromEpoch(512, epoch: 10)]),
    ("64,32@2,65536@3", 64, [NumberFromEpoch(32, epoch: 2), NumberFromEpoch(65_536, epoch: 3)]),
  ])
  func textsAreRead(_ text: String, _ first: Int, _ later: [NumberFromEpoch]) throws {
    let sizes = try #require(BatchSizes(text))
    #expect(sizes.first == first && sizes.later == later)
    #expect(sizes.text == text)
    #expect(sizes.largest == max(first, later.map(\.number).max() ?? 0))
  }

  @Test(arguments: [
    "", ",", "0", "-1", "65537", "128,", ",512@2", "128@1", "128,512", "128,512@1", "128,512@0", "128,0@2",
    "128,65537@2",
    "128,512@3,64@3", "128,512@3,64@2", "128,512@", "128,@3", "128,512@3@4", "128,+5@3", "128, 5@3", "1e3",
    "99999999999999999999", "128,512@99999999999999999999",
  ])
  func otherTextsAreRefused(_ text: String) { #expect(BatchSizes(text) == nil) }

  // MARK: - Steps

  @Test func stepsAreCountedEpochByEpoch() {
    let steps = RunSteps(Self.settings, imageCount: 43)
    #expect((1...6).map(steps.batch) == [4, 16, 16, 43, 43, 43])
    #expect((1...6).map { steps.count(before: $0) } == [0, 11, 14, 17, 18, 19])
    #expect(steps.count == 19 && steps.largestBatch == 43 && steps.scheduleStepsPerEpoch == 11)
    // All epochs take the same share of the schedule.
    #expect([0, 1, 11, 14, 17, 18, 19].map(steps.schedulePosition) == [0, 1, 11, 22, 33, 44, 55])
    #expect(abs(steps.schedulePosition(ofStep: 12) - (11 + 11.0 / 3)) <= 1e-12)
    let even = RunSteps(TrainingSettings.sample(epochs: 7, batchSize: 8), imageCount: 43)
    #expect((0...42).allSatisfy { even.schedulePosition(ofStep: $0) == Double($0) })
    #expect(even.count == 42)
  }

  @Test func stepsAndRatesFollowTheBatchSizeOfEachEpoch() throws {
    let run = try Run(Self.specification, on: Self.training, validation: Self.heldOut, Self.settings)
    let sizes = (1...5).map { epoch in
      let done = [0] + run.steps.filter { $0.epoch == epoch }.map(\.recordsDone)
      return zip(done, done.dropFirst()).map { $1 - $0 }
    }
    #expect(
      sizes == [
        [Int](repeating: 4, count: 10) + [3], [16, 16, 11], [16, 16, 11], [43], [43],
      ])
    #expect(run.reports.map(\.step) == [11, 14, 17, 18, 19])
    // One-cycle over five epochs of 11 steps, at the last step of each.
    let schedule = LearningRateSchedule(shape: .oneCycle, peak: 0.01, stepCount: 55)
    let places = [10, 11 + 22.0 / 3, 22 + 22.0 / 3, 33, 44]
    for (report, place) in zip(run.reports, places) {
      #expect(abs(report.learningRate - schedule.rate(at: place)) <= 1e-12)
    }
  }

  /// The order of an epoch does not depend on the batch size, so two runs are the same up to the first change.
  @Test func nothingDiffersBeforeTheFirstChange() throws {
    let changed = try Run(Self.specification, on: Self.training, Self.settings)
    let plain = try Run(Self.specification, on: Self.training, Self.settings.with { $0.batchSize = 4 })
    #expect(changed.steps.prefix(11) == plain.steps.prefix(11))
    #expect(changed.reports[0].training == plain.reports[0].training)
    let orders = [4, 16].map {
      EpochOrder(Self.training.labels, epoch: 2, seed: 3, extents: nil, batchSize: $0).indexes
    }
    #expect(orders[0] == orders[1])
  }

  @Test func theNumberOfThreadsChangesNothing() throws {
    let runs = try [1, 2, 5].map { jobs in
      try Run(Self.specification, on: Self.training, validation: Self.heldOut, Self.settings, jobs: jobs)
    }
    for run in runs.dropFirst() {
      #expect(run.steps == runs[0].steps && run.outcome.parameters == runs[0].outcome.parameters)
    }
  }

  private func trainer(_ settings: TrainingSettings, jobs: Int = 1) throws -> Trainer {
    try Trainer(
      settings: settings,
      architecture: Architecture(
        specification: Self.specification, input: Self.training.shape, classCount: 4),
      training: Self.training, validation: Self.heldOut, engine: Engine(instructionSet: .best, jobs: jobs))
  }

  @Test(arguments: [nil, WeightAverage.exponential(decay: 0.8)])
  func aResumedRunEndsLikeTheWholeRun(_ average: WeightAverage?) throws {
    let settings = Self.settings.with { $0.weightAverage = average }
    let whole = try trainer(settings).run(observer: StatesOfSteps())
    for left in 1..<19 {
      let resumed = try outcome(stoppingAfter: left) { try trainer(settings, jobs: $0) }
      #expect(resumed.parameters == whole.parameters, "stopped after \(left)")
      #expect(resumed.best?.timeless == whole.best?.timeless, "stopped after \(left)")
    }
  }

  /// A position between two steps of the epoch's own batch size belongs to another run.
  @Test func positionsBetweenStepsAreRefused() throws {
    let observer = StatesOfSteps()
    observer.stepsLeft = 13
    _ = try trainer(Self.settings).run(observer: observer)
    var state = try #require(observer.states.last)
    #expect(state.progress.epoch == 2 && state.progress.recordsDone == 32)
    #expect(throws: TrainingStateError.self) {
      try trainer(Self.settings.with { $0.batchSize = 4 }).restore(state)
    }
    state.progress.recordsDone = 28
    #expect(throws: TrainingStateError.self) { try trainer(Self.settings).restore(state) }
  }

  // MARK: - Memory and records

  @Test func memoryFitsTheLargestBatch() throws {
    #expect(try trainer(Self.settings).network.batchCapacity == 43)
    let settings = Self.settings.with { $0.batchSizes = BatchSizes("16,4@3")! }
    #expect(try trainer(settings).network.batchCapacity == 16)
  }

  @Test func settingsRecordAllSizes() {
    #expect(Self.settings.record["batch-size"] == "4,16@2,1000@4")
    #expect(TrainingSettings.general.record["batch-size"] == "128")
  }

  /// A range test uses one size, the first.
  @Test func aRangeTestUsesTheFirstSize() throws {
    let data = Dataset.pictures(43)
    let architecture = try Architecture(specification: "linear:4 relu", input: data.shape, classCount: 4)
    let engine = Engine(instructionSet: .best, jobs: 1)
    let tests = try [Self.settings, Self.settings.with { $0.batchSize = 4 }].map {
      try RangeTest(settings: $0, architecture: architecture, training: data, engine: engine)
    }
    #expect(tests[0] == tests[1] && tests[0].steps.count > 100)
  }
}
