// A run that any number of processes share ends in the same bits as the run of one process.

import Compute
import Inference
import KernelInterface
import NetworkSamples
import Networks
import TensorStream
import Testing

@testable import Execution
@testable import Training

@Suite struct SharedTrainingTests {
  /// A network and its settings for training.
  struct Case: CustomTestStringConvertible, Sendable {
    let specification: String
    var shape = ImageShape(height: 12, width: 12, channels: 1)
    var batch = 16
    var precision = Precision.float32
    var change: @Sendable (inout TrainingSettings) throws -> Void = { _ in }

    var testDescription: String { "\(specification) \(precision)" }
  }

  /// The results of a run, without times.
  struct Result: Equatable, Sendable {
    var losses: [Double] = []
    var reports: [EpochReport] = []
    var parameters: [Parameter]?
    var state: TrainingState?
  }

  private final class Watcher: TrainingObserver {
    var result = Result()
    func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) { result.losses.append(loss) }
    func didFinishEpoch(_ report: EpochReport) {
      var report = report
      (report.imagesPerSecond, report.seconds) = (0, 0)
      result.reports.append(report)
    }
    var shouldStop: Bool { false }
    var wantsState: Bool { false }
    func keep(_ state: () -> TrainingState) {
      var state = state()
      (state.progress.seconds, state.progress.epochSeconds, state.progress.judgingSeconds) = (0, 0, 0)
      // The best epoch is among the reports, without its times.
      state.best = nil
      result.state = state
    }
  }

  private static func run(
    _ case: Case, instructionSet: InstructionSet = .best, jobs: Int = 1, teaches: Bool = false,
    peers: (any BatchPeers)? = nil
  ) throws -> Result {
    // Two whole batches and one of three images. The last held-out batch is not whole either.
    let training = Dataset.pictures(2 * `case`.batch + 3, shape: `case`.shape, noise: 0.4, strayLabels: 0.2)
    let heldOut = Dataset.pictures(3 * `case`.batch + 5, shape: `case`.shape, noise: 0.4, seed: 2)
    var settings = TrainingSettings.sample(epochs: 2, batchSize: `case`.batch, learningRate: 0.01)
    settings.labelSmoothing = 0.1
    settings.precision = `case`.precision
    try `case`.change(&settings)
    let architecture = try Architecture(
      specification: `case`.specification, input: `case`.shape, classCount: 4)
    let watcher = Watcher()
    let trainer = try Trainer(
      settings: settings, architecture: architecture, training: training, validation: heldOut,
      engine: Engine(instructionSet: instructionSet, jobs: jobs),
      teaching: teaches ? try teaching(architecture) : nil, peers: peers)
    let outcome = trainer.run(observer: watcher)
    #expect(outcome.failure == nil)
    watcher.result.parameters = outcome.parameters
    return watcher.result
  }

  private static func teaching(_ student: Architecture) throws -> Teaching {
    let architecture = try Architecture(
      specification: "conv:4 relu pool", input: student.input, classCount: student.classCount)
    let model = Model(
      architecture: architecture,
      parameters: Initialization.reference.parameters(for: architecture, seed: 5), classes: nil, history: [],
      training: nil)
    return Teaching([EnsembleMember(model)], weight: 0.5, temperature: 2)
  }

  private static let residual =
    "conv:8,bias=no norm gelu pool residual( conv:8,bias=no norm relu conv:8 norm | conv:8,kernel=1 ) relu"
  private static let cases = [
    // Images feed dense layers directly, and dropout depends on an image's place.
    Case(specification: "dropout:0.1 linear:40 relu dropout:0.3 linear:70 relu"),
    Case(specification: "linear:600 relu", shape: ImageShape(height: 28, width: 28, channels: 1), batch: 40),
    // Maps of images that fit in a cache, and pooled convolutions.
    Case(specification: "conv:3 relu pool conv:5 relu pool dropout:0.1 linear:21 relu dropout:0.1"),
    // Winograd's convolutions, image by image and for whole batches.
    Case(
      specification: "conv:16 relu conv:32 pool norm gelu conv:80 relu conv:96 pool norm gelu pool:global",
      shape: ImageShape(height: 20, width: 20, channels: 3), batch: 24),
    // Gathered products, groups, depthwise convolutions, strides.
    Case(
      specification:
        "conv:32,kernel=5 pool conv:48,kernel=5 relu pool conv:64,kernel=5 relu layernorm conv:64,groups=64 "
        + "conv:64,groups=4 silu conv:24,stride=2,dilation=2 pool:average"),
    Case(specification: residual + " concat( conv:3 | pool:3,stride=1,padding=1 ) scale:0.5 linear:9 tanh"),
    Case(specification: residual + " linear:9", batch: 20, precision: .bfloat16),
    Case(specification: "conv:32 relu pool conv:64 relu linear:50 relu", batch: 36, precision: .bfloat16),
    // More processes than chunks in a batch.
    Case(specification: residual, batch: 2),
  ]

  @Test(arguments: cases) func anyNumberOfProcessesGivesTheSameResult(_ case: Case) throws {
    for instructionSet in InstructionSet.supported {
      let one = try Self.run(`case`, instructionSet: instructionSet)
      for (count, jobs) in instructionSet == .best ? [(1, 2), (2, 1), (3, 2), (5, 1)] : [(3, 2)] {
        let shared = try ThreadPeers.run(count) {
          try Self.run(`case`, instructionSet: instructionSet, jobs: jobs, peers: $0)
        }
        #expect(shared.allSatisfy { $0 == one }, "\(count) with \(instructionSet)")
      }
    }
  }

  /// Otherwise the cases above would test less than they claim.
  @Test func theCasesCoverAllKindsOfSteps() throws {
    var kinds: Set<String> = []
    for `case` in Self.cases {
      let plan = ExecutionPlan(
        try Architecture(specification: `case`.specification, input: `case`.shape, classCount: 4),
        forTraining: true, engine: Engine(instructionSet: .best, jobs: 1), precision: `case`.precision)
      kinds.formUnion(plan.imageSteps.map { "\(type(of: $0))" } + plan.batchSteps.map { "\(type(of: $0))" })
      if !plan.denseSteps.isEmpty { kinds.insert("DenseStep") }
    }
    for kind in [
      "DenseStep", "BFloat16DenseStep", "WinogradBatchStep", "WinogradImageStep", "GatheredConvolutionStep",
      "PooledConvolutionStep", "ConvolutionStep", "BFloat16ConvolutionStep", "DepthwiseStep",
      "StatisticsStep",
      "LayerNormalizationStep",
    ] {
      #expect(kinds.contains(kind), "\(kinds.sorted())")
    }
  }

  // MARK: - Ways to train

  private static let ways: [(name: String, change: @Sendable (inout TrainingSettings) throws -> Void)] = [
    ("no change", { _ in }),
    ("augmentation", { $0.augmentation = try Augmentation(parsing: "flip,shift=1,erase=0.5") }),
    ("mixtures", { $0.augmentation = try Augmentation(parsing: "flip,mixup=0.4,cutmix=1") }),
    ("views", { $0.averaging = Averaging(flips: true, shift: 1) }),
    (
      "Muon",
      {
        $0.optimizer = OptimizerSettings(method: .muon, momentum: 0.9)
        $0.weightAverage = WeightAverage("ema:0.9")
      }
    ),
    ("a clipped gradient", { $0.optimizer.gradientLimit = 0.5 }),
    ("frozen layers", { $0.freezing = Freezing("1@2") }),
    ("growing batches", { $0.batchSizes = BatchSizes("8,16@2")! }),
    ("pools", { $0.shuffle = .pools(of: 16) }),
    (
      "balanced classes",
      {
        $0.sampling = .balanced
        $0.monitor = .macroRecall
        $0.classWeights = ClassWeights(source: "file", values: [1, 2, 0.5, 1])
      }
    ),
  ]

  @Test(arguments: ways.indices, [false, true])
  func everyWayToTrainGivesTheSameResult(_ index: Int, teaches: Bool) throws {
    let (name, change) = Self.ways[index]
    let example = Case(specification: Self.residual + " dropout:0.2 linear:9 relu", change: change)
    let one = try Self.run(example, teaches: teaches)
    let shared = try ThreadPeers.run(3) { try Self.run(example, teaches: teaches, peers: $0) }
    #expect(shared.allSatisfy { $0 == one }, "\(name)")
  }
}
