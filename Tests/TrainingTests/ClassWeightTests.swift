// Class weights: where they come from, and how a run uses them.

import Compute
import NetworkSamples
import TensorStream
import Testing

@testable import Execution
@testable import Inference
@testable import Networks
@testable import Training

@Suite struct ClassWeightTests {
  private static let specification = "conv:3 relu pool linear:12 relu"
  private static let weights = ClassWeights(source: "test", values: [0.25, 1, 3, 20])

  private func labels(_ counts: [Int]) -> [UInt8] {
    counts.enumerated().flatMap { [UInt8](repeating: UInt8($0), count: $1) }
  }

  // MARK: - Balanced weights

  @Test func balancedWeightsMakeClassesCountEqually() {
    let weights = ClassWeights(balancing: labels([100, 10, 0, 1]), classCount: 5)
    // 111 images of 3 classes.
    #expect(weights.values == [Float(111.0 / 300), Float(111.0 / 30), nil, 37, nil])
    #expect(weights[0] == Float(111.0 / 300) && weights[2] == 1)
    #expect(weights.text == "balanced (0.37, 3.7, none, 37.0, none)")
    let all = labels([100, 10, 0, 1]).map { Double(weights[$0]) }
    #expect(abs(all.reduce(0, +) / 111 - 1) <= 1e-6)
    #expect(ClassWeights(balancing: labels([7, 7, 7]), classCount: 3).values == [1, 1, 1])
  }

  // MARK: - Batches

  @Test func aMixtureHasTheMeanOfItsLabelsWeights() {
    let (labels, others, shares): ([UInt8], [UInt8], [Float]) = (
      [0, 3, 1, 2], [3, 0, 1, 2], [0.5, 0.75, 0.2, 1]
    )
    let mixed = labels.withUnsafeBufferPointer { labels in
      others.withUnsafeBufferPointer { others in
        shares.withUnsafeBufferPointer { shares in
          Self.weights.weights(of: labels, LabelMixture(otherLabels: others, shares: shares))
        }
      }
    }
    #expect(mixed[0] == 10.125 && mixed[1] == 15.0625 && mixed[3] == 3)
    #expect(abs(mixed[2] - 1) <= 0x1p-23)
    #expect(labels.withUnsafeBufferPointer { Self.weights.weights(of: $0, nil) } == [0.25, 20, 1, 3])
  }

  // MARK: - Runs

  /// Returns the loss of the first weights on all images by the definition, with a weight for each image.
  private func naiveLoss(
    of data: Dataset, _ settings: TrainingSettings, smoothing: Double, _ weight: (UInt8) -> Double
  ) throws -> Double {
    let architecture = try Architecture(
      specification: Self.specification, input: data.shape, classCount: 4)
    let rows = try logits(
      of: data, by: settings.initialization.parameters(for: architecture, seed: settings.seed))
    let sum = data.labels.enumerated().reduce(0) { sum, record in
      let own = rows[record.offset].map(Double.init)
      return sum + weight(record.element)
        * NaiveCrossEntropy(own, label: record.element, smoothing: smoothing).loss
    }
    return sum / data.labels.reduce(0) { $0 + weight($1) }
  }

  /// A learning rate of 0, and batches of 8, of which the last is smaller.
  @Test(arguments: Sampling.allCases)
  func lossesAreWeightedMeans(_ sampling: Sampling) throws {
    let (data, heldOut) = (Dataset.pictures(45), Dataset.pictures(33, seed: 2).selecting(Array(0..<30)))
    let settings = TrainingSettings.sample(epochs: 1, learningRate: 0).with {
      $0.classWeights = Self.weights
      $0.labelSmoothing = 0.25
      $0.sampling = sampling
    }
    let report = try Run(Self.specification, on: data, validation: heldOut, settings).reports[0]
    // Logits are sums of 9 + 108 + 12 products, none far above 1.
    let bound = 129 * 0x1p-24 * 2
    let counts = heldOut.labels.counts(classCount: 4)
    let heldOutLoss = try naiveLoss(of: heldOut, settings, smoothing: 0) {
      Double(Self.weights[$0]) / (sampling == .balanced ? Double(counts[Int($0)]) : 1)
    }
    let validation = try #require(report.validation)
    #expect(abs(validation.loss - heldOutLoss) <= bound)
    if sampling == .each {
      let loss = try naiveLoss(of: data, settings, smoothing: 0.25) { Double(Self.weights[$0]) }
      #expect(abs(report.training.loss - loss) <= bound)
    }
    // The accuracy is not weighted: it counts images.
    let correct = validation.accuracy * 30
    #expect(abs(correct - correct.rounded()) <= 1e-9)
  }

  /// A class occurs if it is a true class or an answer. If class 3 is an answer but not a true class, its recall is 0.
  @Test(arguments: [3, 4]) func theMeanRecallIsOverTheClassesThatOccur(_ classCount: UInt8) throws {
    let data = Dataset.pictures(64)
    let all = Dataset.pictures(80, strayLabels: 0.4, seed: 2)
    let heldOut = all.selecting(all.labels.indices.filter { all.labels[$0] < classCount && $0 % 5 < 3 })
    let settings = TrainingSettings.sample(epochs: 4).with { $0.monitor = .macroRecall }
    let run = try Run(Self.specification, on: data, validation: heldOut, settings)
    let answers = try answers(to: heldOut, by: #require(run.outcome.parameters))
    #expect(answers.contains(3))
    let recalls = (0..<4).map { label in
      let own = heldOut.labels.indices.filter { heldOut.labels[$0] == UInt8(label) }
      return own.isEmpty ? 0 : Double(own.count { answers[$0] == label }) / Double(own.count)
    }
    let best = try #require(run.outcome.best?.validation)
    #expect(abs(recalls.reduce(0, +) / 4 - (best.macroRecall ?? .nan)) <= 1e-12)
    #expect(best.macroRecall != best.accuracy)
    let plain = try Run(
      Self.specification, on: data, validation: heldOut, settings.with { $0.monitor = .loss })
    #expect(!plain.reports.isEmpty && plain.reports.allSatisfy { $0.validation?.macroRecall == nil })
  }

  private func logits(of data: Dataset, by parameters: [Parameter]) throws -> [ArraySlice<Float>] {
    let network = Network(
      try Architecture(specification: Self.specification, input: data.shape, classCount: 4),
      batchCapacity: data.count, forTraining: false, engine: Engine(instructionSet: .baseline, jobs: 1))
    network.importParameters(parameters)
    let logits = data.images.withUnsafeBufferPointer {
      network.logits(ImageBatch(bytes: $0, count: data.count))
    }
    return stride(from: 0, to: logits.count, by: 4).map { logits[$0..<$0 + 4] }
  }

  private func answers(to data: Dataset, by parameters: [Parameter]) throws -> [Int] {
    try logits(of: data, by: parameters).map { row in row.firstIndex(of: row.max()!)! - row.startIndex }
  }

  @Test func theEpochOfTheHighestRecallIsKeptOnRequest() throws {
    let settings = TrainingSettings.sample(epochs: 12, batchSize: 16).with { $0.monitor = .macroRecall }
    let heldOut = Dataset.pictures(61, noise: 0.5, strayLabels: 0.5, seed: 2)
    let run = try Run(
      "linear:48 relu linear:32 relu", on: .pictures(64, noise: 0.5, strayLabels: 0.1), validation: heldOut,
      settings)
    let figures = run.reports.compactMap(\.validation)
    let best = try #require(
      figures.indices.max {
        (figures[$0].macroRecall ?? .nan, -figures[$0].loss) < (
          figures[$1].macroRecall ?? .nan, -figures[$1].loss
        )
      })
    #expect(run.outcome.best?.epoch == best + 1 && figures.count == 12)
    #expect(Set(figures.map(\.macroRecall)).count > 2)
  }

  /// Class weights of 1 have no effect: the network's weights are the same, bit by bit.
  @Test func equalWeightsChangeNothing() throws {
    let data = Dataset.pictures(43)
    let settings = TrainingSettings.sample(epochs: 2)
    let plain = try Run(Self.specification, on: data, validation: data, settings)
    let ones = ClassWeights(source: "test", values: [1, 1, 1, 1])
    let weighted = try Run(
      Self.specification, on: data, validation: data, settings.with { $0.classWeights = ones })
    #expect(plain.outcome.parameters == weighted.outcome.parameters && plain.steps == weighted.steps)
    #expect(plain.reports.map(\.validation?.loss) == weighted.reports.map(\.validation?.loss))
    let other = try Run(
      Self.specification, on: data, validation: data, settings.with { $0.classWeights = Self.weights })
    #expect(other.outcome.parameters != plain.outcome.parameters)
  }

  /// Everything that shapes a loss, together, in both precisions.
  @Test(arguments: [false, true], Sampling.allCases)
  func anyNumberOfThreadsGivesTheSameBytes(_ isShort: Bool, _ sampling: Sampling) throws {
    let data = Dataset.pictures(150)
    let architecture = try Architecture(specification: "linear:9 relu", input: data.shape, classCount: 4)
    let teacher = Model(
      architecture: architecture,
      parameters: Initialization.kaiming.parameters(for: architecture, seed: 5), classes: nil, history: [],
      training: nil)
    let settings = TrainingSettings.sample(epochs: 2, batchSize: 70).with {
      $0.classWeights = Self.weights
      $0.sampling = sampling
      $0.labelSmoothing = 0.1
      $0.augmentation = Augmentation(flips: true, shift: 1, mixup: 0.4, cutmix: 1)
      $0.precision = isShort ? .bfloat16 : .float32
    }
    let runs = try [1, 3, 4].map { jobs in
      try Run(
        "conv:18 norm relu pool conv:20 relu dropout:0.1 linear:21 relu", on: data, validation: data,
        settings,
        jobs: jobs, teaching: Teaching([EnsembleMember(teacher)], weight: 0.5, temperature: 2))
    }
    for run in runs.dropFirst() {
      #expect(run.outcome.parameters == runs[0].outcome.parameters && run.steps == runs[0].steps)
      #expect(run.reports.map(\.validation) == runs[0].reports.map(\.validation))
    }
    #expect(!runs[0].steps.isEmpty && runs[0].steps.allSatisfy { $0.loss.isFinite && $0.loss > 0 })
  }

  /// Very unequal weights draw answers to the heavy class. If images say nothing of their class, all answers go there.
  @Test func theHeavierClassWinsIfImagesSayNothing() throws {
    let shape = ImageShape(height: 4, width: 4, channels: 1)
    let labels = (0..<60).map { UInt8($0 % 10 == 0 ? 1 : 0) }
    let data = Dataset(
      shape: shape, images: [UInt8](repeating: 100, count: 60 * 16), labels: labels, classes: nil, history: []
    )
    func shareOfRareAnswers(_ change: (inout TrainingSettings) -> Void) throws -> Double {
      let settings = TrainingSettings.sample(epochs: 20, batchSize: 60, learningRate: 0.05).with(change)
      let run = try Run("linear:4 relu", on: data, settings)
      let parameters = try #require(run.outcome.parameters)
      return try figures(
        "linear:4 relu", parameters,
        on: Dataset(
          shape: shape, images: data.images, labels: [UInt8](repeating: 1, count: 60), classes: nil,
          history: [])
      ).accuracy
    }
    #expect(try shareOfRareAnswers { _ in } == 0)
    #expect(
      try shareOfRareAnswers { $0.classWeights = ClassWeights(source: "", values: [1, 20, 1, 1]) } == 1)
  }

  /// A range test measures the weighted loss.
  @Test func aRangeTestUsesTheWeightsToo() throws {
    let data = Dataset.pictures(64)
    let settings = TrainingSettings.sample(batchSize: 64)
    func test(_ change: (inout TrainingSettings) -> Void) throws -> RangeTest {
      try RangeTest(
        settings: settings.with(change),
        architecture: Architecture(specification: Self.specification, input: data.shape, classCount: 4),
        training: data, engine: Engine(instructionSet: .best, jobs: 1))
    }
    let weighted = try test { $0.classWeights = Self.weights }
    let loss = try naiveLoss(of: data, settings, smoothing: 0) { Double(Self.weights[$0]) }
    #expect(abs(weighted.steps[0].loss - loss) <= 129 * 0x1p-23)
    #expect(try test { _ in }.steps[0] != weighted.steps[0])
    #expect(try test { $0.sampling = .balanced }.steps.count > 10)
  }
}
