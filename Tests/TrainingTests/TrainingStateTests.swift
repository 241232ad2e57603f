// States that are impossible for a run's settings are refused, and change nothing in the trainer.

import Compute
import NetworkSamples
import Testing

@testable import Networks
@testable import Training

@Suite struct TrainingStateTests {
  private static let training = Dataset.pictures(20)
  private static let heldOut = Dataset.pictures(8, seed: 2)

  private func trainer(
    _ method: OptimizerSettings.Method = .adam, specification: String = "conv:2 relu pool linear:3 relu",
    batchSize: Int = 8, validation: Dataset? = heldOut
  ) throws -> Trainer {
    try Trainer(
      settings: .sample(epochs: 3, batchSize: batchSize, method: method),
      architecture: Architecture(specification: specification, input: Self.training.shape, classCount: 4),
      training: Self.training, validation: validation, engine: Engine(instructionSet: .best, jobs: 1))
  }

  /// Returns the state after the first of three steps in the second epoch.
  private func state(of trainer: Trainer) -> TrainingState {
    let observer = Stopper(after: 4)
    _ = trainer.run(observer: observer)
    return observer.state!
  }

  private final class Stopper: TrainingObserver {
    private var left: Int
    private(set) var state: TrainingState?

    init(after steps: Int) { left = steps }
    func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) { left -= 1 }
    func didFinishEpoch(_ report: EpochReport) {}
    var shouldStop: Bool { left <= 0 }
    func keep(_ state: () -> TrainingState) { self.state = state() }
  }

  @Test func theStateOfARunIsAccepted() throws {
    let state = try state(of: trainer())
    #expect(state.progress.epoch == 2 && state.progress.recordsDone == 8 && state.best != nil)
    let other = try trainer()
    try other.restore(state)
    #expect(other.state.parameters == state.parameters)
  }

  struct Change: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let change: @Sendable (inout TrainingState) -> Void
    init(_ name: String, _ change: @escaping @Sendable (inout TrainingState) -> Void) {
      testDescription = name
      self.change = change
    }
  }

  @Test(arguments: [
    Change("epoch 0") { $0.progress.epoch = 0 },
    Change("an epoch beyond the last") { $0.progress.epoch = 5 },
    Change("the largest epoch") { $0.progress.epoch = .max },
    Change("finished, with records done") { $0.progress.epoch = 4 },
    Change("negative epoch") { $0.progress.epoch = .min },
    Change("another epoch") { $0.progress.epoch = 3 },
    Change("part of a batch") { $0.progress.recordsDone = 7 },
    Change("all records") { $0.progress.recordsDone = 20 },
    Change("more records than there are") { $0.progress.recordsDone = 24 },
    Change("negative records") { $0.progress.recordsDone = -8 },
    Change("another batch") { $0.progress.recordsDone = 16 },
    Change("another step") { $0.optimizer.stepsTaken = 5 },
    Change("the largest step") { $0.optimizer.stepsTaken = .max },
    Change("a sum that is not a number") { $0.progress.sums.lossSum = .nan },
    Change("infinite sum") { $0.progress.sums.lossSum = .infinity },
    Change("negative sum") { $0.progress.sums.lossSum = -1 },
    Change("more correct than records") { $0.progress.sums.correctCount = 9 },
    Change("negative count") { $0.progress.sums.correctCount = -1 },
    Change("fewer weights than images") { $0.progress.sums.weightSum = 7 },
    Change("a sum of weights that is not a number") { $0.progress.sums.weightSum = .nan },
    Change("an unrequested recall") { $0.best!.report.validation!.macroRecall = 0.5 },
    Change("a time that is not a number") { $0.progress.seconds = .nan },
    Change("negative time") { $0.progress.epochSeconds = -1 },
    Change("infinite judging time") { $0.progress.judgingSeconds = .infinity },
    Change("no best") { $0.best = nil },
    Change("best of epoch 0") { $0.best!.report.epoch = 0 },
    Change("best of a future epoch") { $0.best!.report.epoch = 3 },
    Change("best of a future step") { $0.best!.report.step = 5 },
    Change("best without held-out figures") { $0.best!.report.validation = nil },
    Change("best with a loss that is not a number") { $0.best!.report.validation!.loss = .nan },
    Change("best with too high an accuracy") { $0.best!.report.training.accuracy = 1.5 },
    Change("no weights") { $0.parameters = [] },
    Change("one weight less") { $0.parameters[0].values.removeLast() },
    Change("other names") { $0.parameters[0].name = "conv2.weight" },
    Change("another order") { $0.parameters.swapAt(0, 1) },
    Change("other shapes") { $0.parameters[0].shape.reverse() },
    Change("infinite weight") { $0.parameters[1].values[0] = .infinity },
    Change("best weight that is not a number") { $0.best!.parameters[0].values[0] = .nan },
    Change("fewer best weights") { $0.best!.parameters.removeLast() },
    Change("no moments") { $0.optimizer.moments = [] },
    Change("one moment") { $0.optimizer.moments.removeLast() },
    Change("moments in another order") { $0.optimizer.moments.swapAt(0, 1) },
    Change("moment that is not a number") { $0.optimizer.moments[0].values[0].values[0] = .nan },
    Change("negative mean of squares") { $0.optimizer.moments[1].values[0].values[0] = -1e-30 },
    Change("moment of another shape") { $0.optimizer.moments[1].values[2].values.append(0) },
  ])
  func impossibleStatesAreRefused(_ change: Change) throws {
    var state = try state(of: trainer())
    change.change(&state)
    let other = try trainer()
    let before = other.network.parameters.floats.map(\.bitPattern)
    #expect(throws: TrainingStateError.self) { try other.restore(state) }
    #expect(other.network.parameters.floats.map(\.bitPattern) == before && other.optimizer.stepsTaken == 0)
  }

  @Test func infiniteSquaresAreAccepted() throws {
    var state = try state(of: trainer())
    state.optimizer.moments[1].values[0].values[0] = .infinity
    let other = try trainer()
    try other.restore(state)
    #expect(other.state.optimizer.moments[1].values[0].values[0] == .infinity)
  }

  @Test func theStateOfAnotherRunIsRefused() throws {
    let state = try state(of: trainer())
    let others = [
      try trainer(.sgd), try trainer(batchSize: 4), try trainer(validation: nil),
      try trainer(specification: "conv:3 relu pool linear:3 relu"),
      try trainer(specification: "linear:3 relu"),
    ]
    for other in others { #expect(throws: TrainingStateError.self) { try other.restore(state) } }
    // Both kinds of Adam have the same moments.
    try trainer(.adamw).restore(state)
  }

  @Test func everyDifferenceBetweenRunsIsNamed() throws {
    let architecture = try trainer().network.architecture
    let otherArchitecture = try trainer(specification: "linear:3").network.architecture
    let (training, heldOut) = (try Self.training.fingerprint(), try Self.heldOut.fingerprint())
    func run(_ change: (inout RunDescription) -> Void = { _ in }) -> RunDescription {
      var run = RunDescription(
        architecture: architecture, classes: ["a", "b", "c", "d"],
        settings: ["batch-size": "128", "seed": "0", "patience": "3"], training: training,
        heldOut: heldOut)
      change(&run)
      return run
    }
    #expect(run().differences(from: run()) == [])
    let settings = run().differences(
      from: run { $0.settings = ["batch-size": "20", "seed": "0", "warm-up": "2.0"] })
    #expect(
      settings == [
        "the checkpoint has batch-size 128, this run has 20",
        "the checkpoint has patience 3, this run has none",
        "the checkpoint has no warm-up, this run has 2.0",
      ])
    let layers = run().differences(from: run { $0.architecture = otherArchitecture })
    #expect(layers.count == 1 && layers[0].contains("'linear:3'"), "\(layers)")
    #expect(run().differences(from: run { $0.classes?[0] = "x" }).count == 1)
    #expect(run().differences(from: run { $0.heldOut = nil })[0].hasSuffix("now there are none"))
    var images = Self.training.images
    images[images.count - 1] ^= 1
    let other = Dataset(
      shape: Self.training.shape, images: images, labels: Self.training.labels, classes: nil, history: [])
    let otherData = try other.fingerprint()
    let data = run().differences(from: run { $0.training = otherData })
    #expect(data.count == 1 && data[0].hasPrefix("the checkpoint has training images 20 (CRC-32 "), "\(data)")
  }
}
