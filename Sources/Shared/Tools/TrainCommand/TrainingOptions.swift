// The options that shape a run. What is in force where one is not given is in ChosenSettings.swift.

import ByteIO
import CommandLine
import Networks
import ModelOptions
import Inference
import Training

extension OptimizerSettings.Method: ExpressibleByArgument {}
extension OptimizerSettings.DecayScope: ExpressibleByArgument {}
extension LearningRateSchedule.Shape: ExpressibleByArgument {}
extension Initialization: ExpressibleByArgument {}
extension TrainingSettings.Monitor: ExpressibleByArgument {}
extension WeightAverage: SpelledArgument {
  public static let spelling = "ema:DECAY with a decay above 0 and below 1, or last:N with 2 or more epochs"
  public init?(argument: String) { self.init(argument) }
}

extension Shuffle: SpelledArgument {
  public static let spelling = "all, or a number of images from 64 on"
  public init?(argument: String) {
    if argument == "all" {
      self = .all
    } else if argument.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let size = Int(argument),
      size >= Self.leastPool
    {
      self = .pools(of: size)
    } else {
      return nil
    }
  }
}

extension Lookahead: SpelledArgument {
  public static let spelling = "2 or more steps, perhaps with a share above 0 and below 1, such as 5 or 5,0.8"
  public init?(argument: String) { self.init(argument) }
}

extension BatchSizes: SpelledArgument {
  public static let spelling =
    "1 to 65536 images, perhaps with other sizes from later epochs on, such as 128 or 128,512@10"
  public init?(argument: String) { self.init(argument) }
}

extension Freezing: SpelledArgument {
  public static let spelling =
    "a number of layers and the epoch from which on they learn no more, perhaps several of them that rise, such as 2@12 or"
    + " 2@12,4@16"
  public init?(argument: String) { self.init(argument) }
}

struct TrainingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Passes over the training images; 0, with --from and --calibrate, trains nothing. (default: 10)",
      valueName: "n"))
  var epochs: Int?

  @Option(
    help: ArgumentHelp(
      "Fit the schedule to this time, all in all, if --epochs take longer: 90, 90s, 5m, 1h30m. (default: none)",
      valueName: "time"), transform: TimeSpan.spelled)
  var timeLimit: TimeSpan?

  @Option(
    help: ArgumentHelp(
      "Images a step, and others from later epochs on: 128, or 128,512@10. (default: 128)",
      valueName: "n[,n@epoch]"), transform: BatchSizes.spelled)
  var batchSize: BatchSizes?

  @Option(
    help: ArgumentHelp(
      """
      The order of an epoch's images: all, in any order, or in pools of <n>, each of 64 blocks from anywhere: for files on \
      disks that are slow where single images are read. (default: all)
      """, valueName: "all|n"), completion: .list(["all"]), transform: Shuffle.spelled)
  var shuffle: Shuffle?

  @Option(
    help: ArgumentHelp(
      """
      adam or adamw (β 0.9 and 0.999, ε 1e-8), sgd with --momentum, or muon (orthogonal steps for weights of hidden layers, \
      adamw for all else); each computes what PyTorch's does. (default: adam)
      """, valueName: "name"))
  var optimizer: OptimizerSettings.Method?

  @Option(
    help: ArgumentHelp(
      "The highest rate of the schedule. (default: 0.002 for adam and adamw, 0.1 for sgd, 0.02 for muon)",
      valueName: "rate"))
  var learningRate: Double?

  @Option(
    help: ArgumentHelp("constant, cosine, one-cycle or triangular. (default: one-cycle)", valueName: "name"))
  var schedule: LearningRateSchedule.Shape?

  @Option(
    help: ArgumentHelp(
      "Epochs, or part of one, in which the rate rises. (default: none; one-cycle: 30 % of the run; triangular: 20 %)",
      valueName: "epochs"))
  var warmUp: Double?

  @Option(
    help: ArgumentHelp(
      "L2 term of the gradient; adamw, muon: decay of the weights themselves. (default: 0; adamw: 0.01)",
      valueName: "decay"))
  var weightDecay: Double?

  @Option(help: ArgumentHelp("Momentum of sgd or muon. (default: 0.9; muon: 0.95)", valueName: "share"))
  var momentum: Double?

  @Flag(
    inversion: .prefixedNo,
    help: "Nesterov's momentum for sgd: the step is taken where the momentum leads. (default: --no-nesterov)")
  var nesterov: Bool?

  @Option(
    help: ArgumentHelp(
      "What --weight-decay is of: all, or weights, without biases and normalisations. (default: all)",
      valueName: "scope"))
  var decayScope: OptimizerSettings.DecayScope?

  @Option(
    help: ArgumentHelp(
      "Learning rate of normalisations' scales and biases, as a multiple of the others'. (default: 1)",
      valueName: "factor"))
  var normRate: Double?

  @Option(
    help: ArgumentHelp(
      "With muon: learning rate of what takes adamw's steps, as a multiple of the others'. (default: 0.1)",
      valueName: "factor"))
  var adamRate: Double?

  @Option(
    help: ArgumentHelp(
      """
      Keep slow weights beside the optimiser's: every <steps> steps, 2 or more, they go a share of the way to the \
      optimiser's, and the optimiser goes on from there. They are judged and kept. (default: none; share: 0.5)
      """, valueName: "steps[,share]"), transform: Lookahead.spelled)
  var lookahead: Lookahead?

  @Option(help: ArgumentHelp("Shorten gradients to this norm. (default: never)", valueName: "norm"))
  var clipGradient: Double?

  @Option(
    help: ArgumentHelp(
      "Share of each target that is spread over all classes. (default: 0)", valueName: "share"))
  var labelSmoothing: Double?

  @OptionGroup var imbalance: ImbalanceOptions

  @Option(
    help: ArgumentHelp(
      "Probability for all dropout layers, in place of the architecture's own.", valueName: "probability"))
  var dropout: Double?

  @Option(
    help: ArgumentHelp(
      """
      Change training images, by commas: flip, shift=PIXELS, rotate=DEGREES, scale=PERCENT (these with \
      edge=zero|reflect), brightness=SHARE, contrast=SHARE, erase=PROBABILITY (with fill=random|BYTE), cutout=PIXELS, \
      mixup=ALPHA, cutmix=ALPHA. (default: none)
      """,
      valueName: "changes"), transform: Augmentation.init(parsing:))
  var augment: Augmentation?

  @Option(
    help: ArgumentHelp(
      """
      How held-out images are judged, and fm-predict predicts if not told otherwise, by the mean over views: none, \
      flip (each image and its mirror image), shift=PIXELS (each also moved up-left and down-right), or both by a comma. \
      Wants the same of --augment. (default: none)
      """, valueName: "views"))
  var average: Averaging?

  @OptionGroup var scaling: ScalingOptions

  @OptionGroup var precision: PrecisionOptions

  @Option(
    help: ArgumentHelp(
      """
      Judge and keep an average of the weights: ema:DECAY over all steps, such as ema:0.999, or last:N over the ends \
      of the last N epochs. (default: the weights themselves)
      """, valueName: "average"), transform: WeightAverage.spelled)
  var weightAverage: WeightAverage?

  @Flag(
    help: """
      Fit a temperature to the held-out images at the end, by which fm-predict divides logits: probabilities then say \
      how often answers are right.
      """)
  var calibrate = false

  @Flag(
    help: """
      With --from: keep the statistics of batch normalisations as they are, for training on few images.
      """)
  var freezeStatistics = false

  @Option(
    help: ArgumentHelp(
      """
      Stop training the first <layers> convolutions and dense layers from <epoch> on, by when their learning rate has gone \
      through the schedule: 2@12, or 2@12,4@16. It saves the time of their gradients. (default: none)
      """, valueName: "layers@epoch"), transform: Freezing.spelled)
  var freeze: Freezing?

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      """
      First weights: kaiming, reference (PyTorch's convolutions), orthogonal (matrices with orthonormal rows or columns), or \
      dirac (convolutions that pass their inputs on). (default: kaiming)
      """, valueName: "name"))
  var initialization: Initialization?

  @Option(help: ArgumentHelp("Seed of first weights, shuffles, dropout and --validation.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "Stop after this many epochs without a better one. (default: never)", valueName: "epochs")
  )
  var patience: Int?

  @Option(
    help: ArgumentHelp(
      """
      Held-out figure that says which epoch is best: loss, accuracy, or macro.recall, the mean of the classes' recalls \
      (balanced accuracy). (default: loss)
      """, valueName: "name"))
  var monitor: TrainingSettings.Monitor?

  func validate() throws {
    try require(epochs, "--epochs", "1 to 1000000") { (0...1_000_000).contains($0) }
    try require(timeLimit?.seconds, "--time-limit", "more than 0") { $0 > 0 }
    try require(learningRate, "--learning-rate", "more than 0") { $0 > 0 && $0.isFinite }
    try require(warmUp, "--warm-up", "0 or more epochs") { $0 >= 0 && $0.isFinite }
    try require(weightDecay, "--weight-decay", "0 to 1000") { (0...1000).contains($0) }
    try require(momentum, "--momentum", "0 or more, and below 1") { (0..<1).contains($0) }
    try require(normRate, "--norm-rate", "more than 0, up to 1000") { $0 > 0 && $0 <= 1000 }
    try require(adamRate, "--adam-rate", "more than 0, up to 1000") { $0 > 0 && $0 <= 1000 }
    try require(clipGradient, "--clip-gradient", "more than 0") { $0 > 0 }
    try require(labelSmoothing, "--label-smoothing", "0 or more, and below 1") { (0..<1).contains($0) }
    try require(dropout, "--dropout", "0 or more, and below 1") { (0..<1).contains($0) }
    try require(patience, "--patience", "1 or more epochs") { $0 >= 1 }
    if case .lastEpochs? = weightAverage, patience != nil || timeLimit != nil {
      throw ValidationError(
        "--weight-average last: which epochs are the last is not known with --patience or --time-limit;"
          + " use --weight-average ema:0.999, or leave those out")
    }
  }

  private func require<Value>(
    _ value: Value?, _ option: String, _ expected: String, _ isRight: (Value) -> Bool
  ) throws {
    guard let value, !isRight(value) else { return }
    throw ValidationError("\(option): expected \(expected), got \(value)")
  }
}

struct DisplayOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Write what happens as JSON Lines, an object an epoch.", valueName: "file"),
    completion: .file())
  var log: OutputPath?

  @Option(
    help: ArgumentHelp(
      """
      Draw a picture, .png or .svg, of what the network would see: a row for an image, as it is and as seven epochs \
      change it. No model is trained.
      """, valueName: "file"), completion: .file(extensions: ["png", "svg"]))
  var showAugmented: OutputPath?

  @Flag(help: "Show the layers, their shapes and parameters first.")
  var summary = false
}
