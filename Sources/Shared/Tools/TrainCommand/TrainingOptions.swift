// The options that shape a run. ChosenSettings.swift fills in those that are not given.

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
extension TrainingSettings.MonitoredFigure: ExpressibleByArgument {}
extension WeightAverage: SpelledArgument {
  public static let spelling = "ema:DECAY with a decay above 0 and below 1, or last:N with 2 or more epochs"
  public init?(argument: String) { self.init(argument) }
}

extension Shuffle: SpelledArgument {
  public static let spelling = "all, or a number of images, 64 or more"
  public init?(argument: String) {
    if argument == "all" {
      self = .all
    } else if let size = wholeNumber(argument), size >= Self.leastPool {
      self = .pools(of: size)
    } else {
      return nil
    }
  }
}

extension Lookahead: SpelledArgument {
  public static let spelling =
    "2 or more steps, and optionally a share above 0 and below 1, such as 5 or 5,0.8"
  public init?(argument: String) { self.init(argument) }
}

extension BatchSizes: SpelledArgument {
  public static let spelling =
    "1 to 65536 images, and optionally other sizes from later epochs on, such as 128 or 128,512@10"
  public init?(argument: String) { self.init(argument) }
}

extension Freezing: SpelledArgument {
  public static let spelling =
    "a number of layers and the epoch from which they are frozen, or several of these in rising order, such as 2@12 or"
    + " 2@12,4@16"
  public init?(argument: String) { self.init(argument) }
}

struct TrainingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Train for <n> passes over the images. With --from and --calibrate, 0 only calibrates. (default: 10)",
      valueName: "n"))
  var epochs: Int?

  @Option(
    help: ArgumentHelp(
      "Fit the schedule into this total time if --epochs would take longer: 90, 90s, 5m, 1h30m. (default: none)",
      valueName: "time"), transform: TimeSpan.spelled)
  var timeLimit: TimeSpan?

  @Option(
    help: ArgumentHelp(
      "Use <n> images per step, and optionally others from later epochs on: 128, or 128,512@10. (default: 128)",
      valueName: "n[,n@epoch]"), transform: BatchSizes.spelled)
  var batchSize: BatchSizes?

  @Option(
    help: ArgumentHelp(
      """
      Shuffle all images of an epoch, or shuffle in pools of <n> images, each of 64 blocks from anywhere in the stream. \
      Pools are for large files on disks that are slow to read single images. (default: all)
      """, valueName: "all|n"), completion: .list(["all"]), transform: Shuffle.spelled)
  var shuffle: Shuffle?

  @Option(
    help: ArgumentHelp(
      """
      Optimise with adam or adamw (β 0.9 and 0.999, ε 1e-8), sgd with --momentum, or muon (orthogonal steps for the weights of hidden \
      layers, adamw for the rest). Each computes what PyTorch's does. (default: adam)
      """, valueName: "name"))
  var optimizer: OptimizerSettings.Method?

  @Option(
    help: ArgumentHelp(
      "Set the peak rate of the schedule. (default: 0.002 for adam and adamw, 0.1 for sgd, 0.02 for muon)",
      valueName: "rate"))
  var learningRate: Double?

  @Option(
    help: ArgumentHelp("Choose how the rate changes over the run. (default: one-cycle)", valueName: "name"))
  var schedule: LearningRateSchedule.Shape?

  @Option(
    help: ArgumentHelp(
      "Let the rate rise for this many epochs, such as 0.5. (default: none; one-cycle: 30 % of the run; triangular: 20 %)",
      valueName: "epochs"))
  var warmUp: Double?

  @Option(
    help: ArgumentHelp(
      "Add an L2 term to the gradient; with adamw and muon, decay the weights themselves. (default: 0; adamw: 0.01)",
      valueName: "decay"))
  var weightDecay: Double?

  @Option(
    help: ArgumentHelp("Set the momentum of sgd or muon. (default: 0.9; muon: 0.95)", valueName: "share"))
  var momentum: Double?

  @Flag(
    inversion: .prefixedNo,
    help: "With sgd: use Nesterov's momentum, which looks a step ahead. (default: --no-nesterov)")
  var nesterov: Bool?

  @Option(
    help: ArgumentHelp(
      "Apply --weight-decay to all parameters, or only to weights, not to biases and normalisations. (default: all)",
      valueName: "scope"))
  var decayScope: OptimizerSettings.DecayScope?

  @Option(
    help: ArgumentHelp(
      "Multiply the learning rate by this for the scales and biases of normalisations. (default: 1)",
      valueName: "factor"))
  var normRate: Double?

  @Option(
    help: ArgumentHelp(
      "With muon: multiply the learning rate by this for the parameters that take adamw's steps. (default: 0.1)",
      valueName: "factor"))
  var adamRate: Double?

  @Option(
    help: ArgumentHelp(
      """
      Keep a second, slow set of weights. Every <steps> steps, 2 or more, they move a share of the way to the \
      optimiser's weights, and the optimiser continues from there. The slow weights are judged and saved. \
      (default: none; share: 0.5)
      """, valueName: "steps[,share]"), transform: Lookahead.spelled)
  var lookahead: Lookahead?

  @Option(help: ArgumentHelp("Clip the gradient to this norm. (default: never)", valueName: "norm"))
  var clipGradient: Double?

  @Option(
    help: ArgumentHelp(
      "Spread this share of each target over all classes. (default: 0)", valueName: "share"))
  var labelSmoothing: Double?

  @OptionGroup var imbalance: ImbalanceOptions

  @Option(
    help: ArgumentHelp(
      "Set the probability of all dropout layers, whatever the architecture says.", valueName: "probability"))
  var dropout: Double?

  @Option(
    help: ArgumentHelp(
      """
      Change training images at random; separate changes by commas: flip, shift=PIXELS, rotate=DEGREES, scale=PERCENT \
      (all with edge=zero|reflect), brightness=SHARE, contrast=SHARE, erase=PROBABILITY (with fill=random|BYTE), \
      cutout=PIXELS, mixup=ALPHA, cutmix=ALPHA. (default: none)
      """,
      valueName: "changes"), transform: Augmentation.init(parsing:))
  var augment: Augmentation?

  @Option(
    help: ArgumentHelp(
      """
      Judge held-out images by the mean over several views of each, and make fm-predict do the same by default: none, \
      flip (the image and its mirror image), shift=PIXELS (the image, also moved up-left and down-right), or both \
      separated by a comma. Needs the same changes in --augment. (default: none)
      """, valueName: "views"), completion: .views, transform: Averaging.spelled)
  var average: Averaging?

  @OptionGroup var scaling: ScalingOptions

  @OptionGroup var precision: PrecisionOptions

  @Option(
    help: ArgumentHelp(
      """
      Judge and save an average of the weights: ema:DECAY over all steps, such as ema:0.999, or last:N over the ends of \
      the last N epochs. (default: none)
      """, valueName: "average"), transform: WeightAverage.spelled)
  var weightAverage: WeightAverage?

  @Flag(
    help: """
      At the end, fit a temperature to the held-out images. fm-predict divides logits by it, so that probabilities say \
      how often answers are right.
      """)
  var calibrate = false

  @Flag(
    help: """
      With --from: keep the running statistics of batch normalisations as they are, for training on few images.
      """)
  var freezeStatistics = false

  @Option(
    help: ArgumentHelp(
      """
      Freeze the first <layers> convolutions and dense layers from <epoch> on: 2@12, or 2@12,4@16. Their learning rate \
      completes its schedule by then. Saves the time for their gradients. (default: none)
      """, valueName: "layers@epoch"), transform: Freezing.spelled)
  var freeze: Freezing?

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      """
      Draw the first weights by this method: kaiming, reference (PyTorch's for convolutions), orthogonal (matrices with \
      orthonormal rows or columns), or dirac (convolutions that pass their inputs on). (default: kaiming)
      """, valueName: "name"))
  var initialization: Initialization?

  @Option(
    help: ArgumentHelp("Set the seed of first weights, shuffling, dropout and --validation.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "Stop after this many epochs without improvement. (default: never)", valueName: "epochs")
  )
  var patience: Int?

  @Option(
    help: ArgumentHelp(
      """
      Choose the best epoch by this held-out figure: loss, accuracy, or macro.recall (the mean of the classes' recalls, \
      or balanced accuracy). (default: loss)
      """, valueName: "name"))
  var monitor: TrainingSettings.MonitoredFigure?

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
        "--weight-average last: with --patience or --time-limit, the last epochs are not known in advance;"
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
    help: ArgumentHelp(
      "Log the run to <file> as JSON Lines, with an object for each epoch.", valueName: "file"),
    completion: .file())
  var log: OutputPath?

  @Option(
    help: ArgumentHelp(
      """
      Draw what the network would see, as .png or .svg: each row has an image as it is, then as each of seven epochs \
      would change it. Train no model.
      """, valueName: "file"), completion: .file(extensions: ["png", "svg"]))
  var showAugmented: OutputPath?

  @Flag(help: "First show the layers, with their shapes and parameters.")
  var summary = false

  /// Opens the file of `--log`; `nil` if it is not given. A run that resumes appends to it.
  func openLog(appending: Bool = false) throws -> TrainingLog? {
    try log.map { try TrainingLog(path: $0.path, appends: appending) }
  }
}
