// What shapes a run: the options of training and their way into settings and model files.
//
// An option that is not given is the preset's own, or the general one (NeuralNetwork/PresetSettings.swift).

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
extension WeightAverage: ExpressibleByArgument {
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
      valueName: "time"))
  var timeLimit: TimeSpan?

  @Option(help: ArgumentHelp("Images a step. (default: 128)", valueName: "n"))
  var batchSize: Int?

  @Option(
    help: ArgumentHelp(
      "adam or adamw (β 0.9 and 0.999, ε 1e-8), or sgd with --momentum; each computes what PyTorch's does. (default: adam)",
      valueName: "name"))
  var optimizer: OptimizerSettings.Method?

  @Option(
    help: ArgumentHelp(
      "The highest rate of the schedule. (default: 0.002 for adam and adamw, 0.1 for sgd)", valueName: "rate"
    ))
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
      "L2 term of the gradient; adamw: decay of the weights themselves. (default: 0; adamw: 0.01)",
      valueName: "decay"))
  var weightDecay: Double?

  @Option(help: ArgumentHelp("Momentum of sgd. (default: 0.9)", valueName: "share"))
  var momentum: Double?

  @Flag(help: "Nesterov's momentum for sgd: the step is taken where the momentum leads.")
  var nesterov = false

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

  @Option(help: ArgumentHelp("Shorten gradients to this norm. (default: never)", valueName: "norm"))
  var clipGradient: Double?

  @Option(
    help: ArgumentHelp(
      "Share of each target that is spread over all classes. (default: 0)", valueName: "share"))
  var labelSmoothing: Double?

  @Option(
    help: ArgumentHelp(
      "Probability for all dropout layers, in place of the architecture's own.", valueName: "probability"))
  var dropout: Double?

  @Option(
    help: ArgumentHelp(
      """
      Change training images, by commas: flip, shift=PIXELS (with edge=zero|reflect), erase=PROBABILITY (with \
      fill=random|BYTE), cutout=PIXELS, mixup=ALPHA, cutmix=ALPHA. (default: none)
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
      """, valueName: "average"))
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
    name: .customLong("init"),
    help: ArgumentHelp(
      "First weights: kaiming, or reference (PyTorch's convolutions). (default: kaiming)", valueName: "name"))
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
      "Held-out figure that says which epoch is best: loss or accuracy. (default: loss)", valueName: "name"))
  var monitor: TrainingSettings.Monitor?

  func validate() throws {
    try require(epochs, "--epochs", "1 to 1000000") { (0...1_000_000).contains($0) }
    try require(timeLimit?.seconds, "--time-limit", "more than 0") { $0 > 0 }
    try require(batchSize, "--batch-size", "1 to 65536") { (1...65_536).contains($0) }
    try require(learningRate, "--learning-rate", "more than 0") { $0 > 0 && $0.isFinite }
    try require(warmUp, "--warm-up", "0 or more epochs") { $0 >= 0 && $0.isFinite }
    try require(weightDecay, "--weight-decay", "0 to 1000") { (0...1000).contains($0) }
    try require(momentum, "--momentum", "0 or more, and below 1") { (0..<1).contains($0) }
    if momentum != nil, optimizer != .sgd {
      throw ValidationError("--momentum is sgd's: add --optimizer sgd, or leave it out")
    }
    if nesterov, optimizer != .sgd {
      throw ValidationError("--nesterov is sgd's: add --optimizer sgd, or leave it out")
    }
    try require(normRate, "--norm-rate", "more than 0, up to 1000") { $0 > 0 && $0 <= 1000 }
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

  /// The specification with the dropout of `--dropout`, or of the preset's settings, in force. Throws a ``UsageError`` if
  /// the option has no layer to act on.
  func withDropout(_ tree: Specification, of preset: Preset?) throws -> Specification {
    if let dropout, !tree.hasDropout {
      throw UsageError(
        "--dropout: the network has no dropout layer; write dropout:\(dropout) into --arch where it belongs")
    }
    return (dropout ?? preset?.dropout).map(tree.settingDropout) ?? tree
  }

  /// The options given that change weights or choose among them, and so say nothing where nothing is learned.
  var learningOptions: [String] {
    let options: [(name: String, isGiven: Bool)] = [
      ("--time-limit", timeLimit != nil), ("--optimizer", optimizer != nil),
      ("--learning-rate", learningRate != nil), ("--schedule", schedule != nil), ("--warm-up", warmUp != nil),
      ("--weight-decay", weightDecay != nil), ("--momentum", momentum != nil), ("--nesterov", nesterov),
      ("--decay-scope", decayScope != nil), ("--norm-rate", normRate != nil),
      ("--clip-gradient", clipGradient != nil), ("--label-smoothing", labelSmoothing != nil),
      ("--dropout", dropout != nil), ("--augment", augment != nil),
      ("--weight-average", weightAverage != nil), ("--freeze-statistics", freezeStatistics),
      ("--patience", patience != nil), ("--monitor", monitor != nil),
    ]
    return options.filter(\.isGiven).map(\.name)
  }

  /// What shapes the run: the options that were given, and for all others the settings of the preset, if it is one.
  func settings(for preset: Preset?) -> TrainingSettings {
    var settings = preset?.settings ?? .general
    // Rates and decays are those of an optimiser, and say nothing about another.
    if let optimizer, optimizer != settings.optimizer.method {
      settings.optimizer = OptimizerSettings(method: optimizer)
      settings.learningRate = optimizer.learningRate
    }
    settings.optimizer.weightDecay = weightDecay ?? settings.optimizer.weightDecay
    settings.optimizer.momentum = momentum ?? settings.optimizer.momentum
    settings.optimizer.isNesterov = nesterov || settings.optimizer.isNesterov
    settings.optimizer.decayScope = decayScope ?? settings.optimizer.decayScope
    settings.optimizer.normalizationRate = normRate ?? settings.optimizer.normalizationRate
    settings.optimizer.gradientLimit = clipGradient ?? settings.optimizer.gradientLimit
    settings.epochs = epochs ?? settings.epochs
    settings.batchSize = batchSize ?? settings.batchSize
    settings.learningRate = learningRate ?? settings.learningRate
    settings.warmUp = warmUp ?? (schedule == nil ? settings.warmUp : nil)
    settings.schedule = schedule ?? settings.schedule
    settings.labelSmoothing = labelSmoothing ?? settings.labelSmoothing
    settings.augmentation = augment ?? settings.augmentation
    // What was never learned is not averaged over, unless that is asked for by name.
    settings.averaging =
      average
      ?? settings.averaging.limited(flips: settings.augmentation.flips, shift: settings.augmentation.shift)
    settings.precision = precision.precision
    settings.weightAverage = weightAverage
    settings.freezesStatistics = freezeStatistics
    settings.calibrates = calibrate
    settings.initialization = initialization ?? settings.initialization
    settings.seed = seed
    settings.patience = patience ?? settings.patience
    settings.monitor = monitor ?? settings.monitor
    return settings
  }

  /// The options in force as a model file keeps them, by their long names; what was left to a default of none is left
  /// out.
  func record(for preset: Preset?) -> [String: String] {
    var record = settings(for: preset).record
    record["time-limit"] = timeLimit.map { "\($0.seconds)" }
    record["dropout"] = (dropout ?? preset?.dropout).map { "\($0)" }
    return record
  }
}

struct DisplayOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Write what happens as JSON Lines, an object an epoch.", valueName: "file"),
    completion: .file())
  var log: OutputPath?

  @Flag(help: "Show the layers, their shapes and parameters first.")
  var summary = false
}
