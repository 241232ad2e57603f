// Training runs learn, are repeatable, and count every record once an epoch.

import Compute
import NetworkSamples
import TensorStream
import Testing

@testable import Networks
@testable import Execution
@testable import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct TrainingTests {
  private static let convolutional = "conv:8 relu pool conv:16 relu pool linear:64 relu"
  private static let dense = "linear:128 relu linear:32 relu"

  // MARK: - Learning

  /// A logit is the sum of 256 values h times weights. The weights have a standard deviation of 1 / 256 with `kaiming`,
  /// and of 1 / 16 with `reference`. The mean square of h is below 1/3, because images are mostly black. So logits
  /// differ by less than 0.036 or 0.58, and the loss differs from that of even predictions by no more.
  @Test(
    arguments: [
      "linear:256 relu dropout:0.2", "conv:16 relu pool conv:16 relu pool dropout:0.2 linear:256 relu",
    ], [2, 10, 256])
  func theFirstLossIsThatOfEvenPredictions(_ specification: String, _ classCount: Int) throws {
    let data = Dataset.pictures(64, classCount: classCount)
    for (initialization, bound) in [(Initialization.kaiming, 0.036), (.reference, 0.58)] {
      let settings = TrainingSettings.sample(batchSize: 64).with { $0.initialization = initialization }
      let architecture = try Architecture(
        specification: specification, input: data.shape, classCount: classCount)
      let observer = FirstLoss()
      _ = try Trainer(
        settings: settings, architecture: architecture, training: data, validation: nil,
        engine: Engine(instructionSet: .best, jobs: 1)
      ).run(observer: observer)
      #expect(abs(observer.loss - log(Double(classCount))) <= bound, "\(initialization)")
    }
  }

  /// Unrelated images with random labels are learned by heart.
  @Test(
    arguments: [Self.convolutional, Self.dense], OptimizerSettings.Method.allCases)
  func thirtyTwoImagesAreOverfitted(
    _ specification: String, _ method: OptimizerSettings.Method
  ) throws {
    let data = Dataset.pictures(32, kinds: 32, noise: 0.7, strayLabels: 1)
    let rate = [OptimizerSettings.Method.sgd: 0.05, .muon: 0.05][method] ?? 0.01
    for schedule in LearningRateSchedule.Shape.allCases {
      let settings = TrainingSettings.sample(
        epochs: 120, batchSize: 16, method: method, learningRate: rate
      ).with {
        $0.schedule = schedule
        $0.optimizer.weightDecay = method == .adamw ? 0.01 : 0
      }
      let run = try Run(specification, on: data, settings)
      #expect(run.reports.count == 120)
      #expect(run.reports[0].training.loss > 1)
      #expect(run.finalLoss < 0.01, "\(schedule)")
      #expect(run.reports.last?.training.accuracy == 1)
      // The result is what was learned.
      let parameters = try #require(run.outcome.parameters)
      let learned = try figures(specification, parameters, on: data)
      #expect(learned.loss < 0.01 && learned.accuracy == 1)
    }
  }

  @Test func learnedClassesHoldForUnseenImages() throws {
    let run = try Run(
      Self.convolutional, on: .pictures(128), validation: .pictures(64, seed: 2),
      .sample(epochs: 10))
    #expect(try #require(run.outcome.best?.validation).accuracy >= 0.9)
  }

  @Test func aSingleRecordIsLearned() throws {
    let run = try Run(Self.dense, on: .pictures(1), .sample(epochs: 100, batchSize: 128))
    #expect(run.steps.count == 100)
    #expect(run.finalLoss < 0.01)
  }

  // MARK: - Repeatability

  /// Convolutions of every kind: of the image, direct and with windows; of a map, with Winograd's algorithm and direct,
  /// with and without lists. Dense layers of several blocks.
  static let everyPath = [
    "conv:5 relu pool dropout:0.2 conv:7 linear:20 relu dropout:0.3",
    "conv:20 relu pool conv:40 relu pool dropout:0.2 linear:33 relu",
    "conv:5,kernel=5 relu conv:7 relu pool:3,stride=2 linear:20",
    "linear:160 relu dropout:0.2 linear:50 relu",
  ]

  /// If gradients are clipped, a step waits for all of them. Otherwise a parameter changes as soon as its own is known.
  @Test(arguments: InstructionSet.supported, everyPath)
  func theSameSeedGivesTheSameWeightsForAnyNumberOfThreads(
    _ instructionSet: InstructionSet, _ specification: String
  ) throws {
    let data = Dataset.pictures(140)
    let heldOut = Dataset.pictures(30, seed: 2)
    for (method, limit) in [(.adam, nil), (.adam, 0.5), (.muon, nil)]
      as [(OptimizerSettings.Method, Double?)]
    {
      let settings = TrainingSettings.sample(epochs: 2, batchSize: 100, method: method).with {
        $0.optimizer.gradientLimit = limit
        $0.labelSmoothing = 0.1
      }
      func run(jobs: Int) throws -> Run {
        try Run(
          specification, on: data, validation: heldOut, settings, instructionSet: instructionSet, jobs: jobs)
      }
      let first = try run(jobs: 1)
      #expect(first.outcome.parameters != nil)
      for jobs in [1, 2, 3, 5, 8] {
        let again = try run(jobs: jobs)
        let what: Comment = "\(method), \(jobs) threads, gradients limited to \(limit ?? .infinity)"
        #expect(again.outcome.parameters == first.outcome.parameters, what)
        #expect(again.steps == first.steps, what)
        #expect(again.reports.map(\.validation) == first.reports.map(\.validation), what)
      }
    }
  }

  /// Both ways to take a step do the same arithmetic on the same gradients.
  @Test(
    arguments: InstructionSet.supported, [OptimizerSettings.Method.adam, .adamw, .sgd])
  func aLimitThatNoGradientReachesChangesNoBit(
    _ instructionSet: InstructionSet, _ method: OptimizerSettings.Method
  ) throws {
    let data = Dataset.pictures(70)
    let settings = TrainingSettings.sample(epochs: 2, batchSize: 20, method: method).with {
      $0.optimizer.weightDecay = 0.01
    }
    for specification in Self.everyPath {
      let free = try Run(specification, on: data, settings, instructionSet: instructionSet, jobs: 2)
      let limited = try Run(
        specification, on: data, settings.with { $0.optimizer.gradientLimit = 1e30 },
        instructionSet: instructionSet, jobs: 2)
      #expect(free.outcome.parameters != nil)
      #expect(limited.outcome.parameters == free.outcome.parameters, "\(specification)")
      #expect(limited.steps == free.steps, "\(specification)")
      // A limit that is reached does change them, so the comparison would notice.
      let clipped = try Run(
        specification, on: data, settings.with { $0.optimizer.gradientLimit = 0.01 },
        instructionSet: instructionSet, jobs: 2)
      #expect(clipped.outcome.parameters != free.outcome.parameters, "\(specification)")
    }
  }

  @Test func anotherSeedGivesOtherWeights() throws {
    let data = Dataset.pictures(20)
    let settings = TrainingSettings.sample(epochs: 1)
    let first = try Run(Self.dense, on: data, settings)
    let second = try Run(Self.dense, on: data, settings.with { $0.seed += 1 })
    let (ones, others) = (try #require(first.outcome.parameters), try #require(second.outcome.parameters))
    #expect(ones.map(\.name) == others.map(\.name) && !ones.isEmpty)
    for (one, other) in zip(ones, others) {
      #expect(one.values != other.values, "\(one.name)")
    }
  }

  /// From the same start, seeds still decide the order of the records and dropout's masks.
  @Test func theSeedDecidesTheOrderToo() throws {
    let data = Dataset.pictures(20)
    let settings = TrainingSettings.sample(epochs: 1, batchSize: 1)
    let start = Initialization.kaiming.parameters(
      for: try Architecture(specification: Self.dense, input: data.shape, classCount: 4), seed: 9)
    let first = try Run(Self.dense, on: data, settings, start: start)
    let second = try Run(Self.dense, on: data, settings.with { $0.seed += 1 }, start: start)
    #expect(first.steps.map(\.loss) != second.steps.map(\.loss))
    #expect(try Run(Self.dense, on: data, settings, start: start).steps == first.steps)
  }

  // MARK: - Batches

  /// At a learning rate of 0 an epoch's figures are those of the start over all records, each counted once.
  @Test(arguments: [1, 2, 7, 31, 32, 33, 1000])
  func everyRecordCountsOnceAnEpoch(_ batchSize: Int) throws {
    let data = Dataset.pictures(32)
    let settings = TrainingSettings.sample(epochs: 3, batchSize: batchSize, learningRate: 0)
    let run = try Run(Self.dense, on: data, settings)
    let parameters = try #require(run.outcome.parameters)
    let expected = try figures(Self.dense, parameters, on: data)

    let batch = min(batchSize, 32)
    let stepsPerEpoch = (32 + batch - 1) / batch
    #expect(run.steps.map(\.epoch) == (1...3).flatMap { [Int](repeating: $0, count: stepsPerEpoch) })
    #expect(
      run.steps.map(\.recordsDone)
        == (1...3).flatMap { _ in (1...stepsPerEpoch).map { min($0 * batch, 32) } })
    #expect(run.steps.allSatisfy { $0.records == 32 })
    #expect(run.reports.map(\.step) == (1...3).map { $0 * stepsPerEpoch })
    for report in run.reports {
      // Only the order of 32 Double additions differs.
      #expect(abs(report.training.loss - expected.loss) <= 32 * expected.loss * Double.ulpOfOne)
      #expect(report.training.accuracy == expected.accuracy)
      #expect(report.validation == nil)
      #expect(report.learningRate == 0)
    }
  }

  @Test func everyEpochHasItsOwnOrder() throws {
    let settings = TrainingSettings.sample(epochs: 3, batchSize: 1, learningRate: 0)
    let run = try Run(Self.dense, on: .pictures(32), settings)
    let epochs = (1...3).map { epoch in run.steps.filter { $0.epoch == epoch }.map(\.loss) }
    #expect(epochs[0] != epochs[1] && epochs[1] != epochs[2] && epochs[0] != epochs[2])
    #expect(epochs[0].sorted() == epochs[1].sorted() && epochs[1].sorted() == epochs[2].sorted())
    #expect(Set(epochs[0]).count == 32)
  }

  /// With one record and a learning rate of 0, losses differ only by the dropout masks.
  @Test func everyStepAndEverySeedDropsDifferentValues() throws {
    let data = Dataset.pictures(1)
    let specification = "linear:128 relu dropout:0.5"
    let start = Initialization.reference.parameters(
      for: try Architecture(specification: specification, input: data.shape, classCount: 4), seed: 9)
    let settings = TrainingSettings.sample(epochs: 20, learningRate: 0)
    let first = try Run(specification, on: data, settings, start: start).steps.map(\.loss)
    let second = try Run(specification, on: data, settings.with { $0.seed += 1 }, start: start)
      .steps.map(\.loss)
    #expect(Set(first + second).count == 40)
  }

  /// Training records are judged on the smoothed targets, held-out records on their labels.
  @Test func labelsAreSmoothedInTrainingOnly() throws {
    let data = Dataset.pictures(32)
    let settings = TrainingSettings.sample(epochs: 1, learningRate: 0)
    let plain = try Run(Self.dense, on: data, validation: data, settings)
    let smoothed = try Run(
      Self.dense, on: data, validation: data, settings.with { $0.labelSmoothing = 0.25 })
    #expect(smoothed.reports[0].validation == plain.reports[0].validation)

    let architecture = try Architecture(specification: Self.dense, input: data.shape, classCount: 4)
    let network = Network(
      architecture, batchCapacity: data.count, forTraining: false,
      engine: Engine(instructionSet: .baseline, jobs: 1))
    network.importParameters(Initialization.kaiming.parameters(for: architecture, seed: settings.seed))
    let logits = data.images.withUnsafeBufferPointer {
      network.logits(ImageBatch(bytes: $0, count: data.count))
    }
    let loss = data.labels.enumerated().reduce(0) { sum, record in
      let own = logits[record.offset * 4..<record.offset * 4 + 4].map(Double.init)
      return sum + NaiveCrossEntropy(own, label: record.element, smoothing: 0.25).loss / 32
    }
    // Logits are sums of 144 + 128 + 32 products, none far above 1.
    #expect(abs(smoothed.reports[0].training.loss - loss) <= 304 * 0x1p-24)
    #expect(abs(smoothed.reports[0].training.loss - plain.reports[0].training.loss) > 0.001)
  }

  /// The last batch of an epoch is smaller. Values that larger batches left in memory must not count.
  @Test(arguments: InstructionSet.supported)
  func aLargerBatchLeavesNothingInTheNextGradient(_ instructionSet: InstructionSet) throws {
    let data = Dataset.pictures(40)
    let architecture = try Architecture(
      specification: "conv:5 relu pool dropout:0.2 conv:7 relu linear:20 relu", input: data.shape,
      classCount: 4)
    let parameters = Initialization.kaiming.parameters(for: architecture, seed: 1)
    func gradient(capacity: Int, counts: [Int]) -> [Parameter] {
      let network = Network(
        architecture, batchCapacity: capacity, forTraining: true,
        engine: Engine(instructionSet: instructionSet, jobs: 2))
      network.importParameters(parameters)
      data.images.withUnsafeBufferPointer { images in
        data.labels.withUnsafeBufferPointer { labels in
          for count in counts {
            _ = network.computeGradient(
              ImageBatch(bytes: images, count: count), labels: labels, smoothing: 0,
              dropout: DropoutKey(seed: 1, step: 1))
          }
        }
      }
      return network.export(network.trainingMemory.gradient)
    }
    for count in [1, 3, 17] {
      #expect(
        gradient(capacity: 40, counts: [40, count]) == gradient(capacity: count, counts: [count]),
        "\(count) images")
    }
  }

  @Test func reportsNameTheLearningRateOfTheLastStep() throws {
    let settings = TrainingSettings.sample(epochs: 4, batchSize: 8).with {
      $0.schedule = .cosine
      $0.warmUp = 1.5
    }
    let run = try Run(Self.dense, on: .pictures(32), settings)
    let schedule = LearningRateSchedule(
      shape: .cosine, peak: settings.learningRate, stepCount: 16, warmUpSteps: 6)
    #expect(run.reports.map(\.learningRate) == [3, 7, 11, 15].map(schedule.rate))
  }

  @Test(arguments: [4.0, 5, 1e300])
  func aWarmUpLongerThanTheRunFillsIt(_ warmUp: Double) throws {
    let settings = TrainingSettings.sample(epochs: 4).with { $0.warmUp = warmUp }
    let run = try Run(Self.dense, on: .pictures(16), settings)
    #expect(run.reports.last?.learningRate == settings.learningRate)
    #expect(run.reports[1].learningRate == settings.learningRate / 2)
  }
}

/// Stops at the first step and keeps its loss.
private final class FirstLoss: TrainingObserver {
  private(set) var loss = Double.nan
  func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) { self.loss = loss }
  func didFinishEpoch(_ report: EpochReport) {}
  var shouldStop: Bool { true }
}
