// What shapes a run: the options of training and their way into settings and model files.

import ByteIO
import CommandLine
import NeuralNetwork

extension OptimizerSettings.Method: ExpressibleByArgument {}
extension LearningRateSchedule.Shape: ExpressibleByArgument {}
extension Averaging: ExpressibleByArgument {}
extension Initialization: ExpressibleByArgument {}
extension TrainingSettings.Monitor: ExpressibleByArgument {}

struct TrainingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Passes over the training images.", valueName: "n"))
  var epochs = 10

  @Option(
    help: ArgumentHelp(
      "Fit the schedule to this time, all in all, if --epochs take longer: 90, 90s, 5m, 1h30m. (default: none)",
      valueName: "time"))
  var timeLimit: TimeSpan?

  @Option(help: ArgumentHelp("Images a step.", valueName: "n"))
  var batchSize = 128

  @Option(help: ArgumentHelp("adam, adamw or sgd, with PyTorch's constants.", valueName: "name"))
  var optimizer = OptimizerSettings.Method.adam

  @Option(help: ArgumentHelp("The highest learning rate of the schedule.", valueName: "rate"))
  var learningRate = 0.002

  @Option(help: ArgumentHelp("constant, cosine, one-cycle or triangular.", valueName: "name"))
  var schedule = LearningRateSchedule.Shape.oneCycle

  @Option(
    help: ArgumentHelp(
      "Epochs, or part of one, in which the rate rises. (default: none; one-cycle: 30 % of the run; triangular: 20 %)",
      valueName: "epochs"))
  var warmUp: Double?

  @Option(
    help: ArgumentHelp("L2 term of the gradient; adamw: decay of the weights themselves.", valueName: "decay")
  )
  var weightDecay = 0.0

  @Option(help: ArgumentHelp("Momentum of sgd.", valueName: "share"))
  var momentum = 0.9

  @Option(help: ArgumentHelp("Shorten gradients to this norm. (default: never)", valueName: "norm"))
  var clipGradient: Double?

  @Option(help: ArgumentHelp("Share of each target that is spread over all classes.", valueName: "share"))
  var labelSmoothing = 0.0

  @Option(
    help: ArgumentHelp(
      "Probability for all dropout layers, in place of the architecture's own.", valueName: "probability"))
  var dropout: Double?

  @Option(
    help: ArgumentHelp(
      "Change training images: flip, shift=PIXELS, erase=PROBABILITY (with fill=random|BYTE), by commas. (default: none)",
      valueName: "changes"), transform: Augmentation.init(parsing:))
  var augment = Augmentation.none

  @Option(
    help: ArgumentHelp(
      """
      How held-out images are judged, and fm-predict predicts if not told otherwise: none, or flip, the mean over each \
      image and its mirror image, which wants --augment flip.
      """, valueName: "views"))
  var average = Averaging.none

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      "First weights: kaiming, or reference (PyTorch's convolutions). (default: kaiming)", valueName: "name"))
  var initialization: Initialization?

  @Option(help: ArgumentHelp("Seed of first weights, shuffles, dropout and --validation.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp("Stop after so many epochs that are not better. (default: never)", valueName: "epochs")
  )
  var patience: Int?

  @Option(
    help: ArgumentHelp("Held-out figure that says which epoch is best: loss or accuracy.", valueName: "name"))
  var monitor = TrainingSettings.Monitor.loss

  func validate() throws {
    try require((1...1_000_000).contains(epochs), "--epochs", "1 to 1000000", epochs)
    try require((timeLimit?.seconds ?? 1) > 0, "--time-limit", "more than 0", "0")
    try require((1...65_536).contains(batchSize), "--batch-size", "1 to 65536", batchSize)
    try require(learningRate > 0 && learningRate.isFinite, "--learning-rate", "more than 0", learningRate)
    try require((warmUp ?? 0) >= 0 && (warmUp ?? 0).isFinite, "--warm-up", "0 or more epochs", warmUp ?? 0)
    try require(weightDecay >= 0 && weightDecay.isFinite, "--weight-decay", "0 or more", weightDecay)
    try require((0..<1).contains(momentum), "--momentum", "0 or more, and below 1", momentum)
    try require((clipGradient ?? 1) > 0, "--clip-gradient", "more than 0", clipGradient ?? 1)
    try require(
      (0..<1).contains(labelSmoothing), "--label-smoothing", "0 or more, and below 1", labelSmoothing)
    try require((0..<1).contains(dropout ?? 0), "--dropout", "0 or more, and below 1", dropout ?? 0)
    try require((patience ?? 1) >= 1, "--patience", "1 or more epochs", patience ?? 1)
  }

  private func require(_ condition: Bool, _ option: String, _ expected: String, _ found: some Any) throws {
    if !condition { throw ValidationError("\(option): expected \(expected), got \(found)") }
  }

  /// The layers with `--dropout` in force.
  func withDropout(_ layers: [Layer]) -> [Layer] {
    guard let dropout else { return layers }
    return layers.map { layer in
      if case .dropout = layer { .dropout(probability: dropout) } else { layer }
    }
  }

  var settings: TrainingSettings {
    TrainingSettings(
      epochs: epochs, batchSize: batchSize,
      optimizer: OptimizerSettings(
        method: optimizer, weightDecay: weightDecay, momentum: momentum, gradientLimit: clipGradient),
      learningRate: learningRate, schedule: schedule, warmUp: warmUp, labelSmoothing: labelSmoothing,
      augmentation: augment, averaging: average, initialization: initialization ?? .kaiming, seed: seed,
      patience: patience, monitor: monitor)
  }

  /// The options as a model file keeps them, by their long names; what was left to a default of none is left out.
  var record: [String: String] {
    var record = [
      "epochs": "\(epochs)", "batch-size": "\(batchSize)", "optimizer": optimizer.rawValue,
      "learning-rate": "\(learningRate)", "schedule": schedule.rawValue, "weight-decay": "\(weightDecay)",
      "label-smoothing": "\(labelSmoothing)", TrainingRecord.augmentationKey: augment.specification,
      TrainingRecord.averagingKey: average.rawValue,
      "init": (initialization ?? .kaiming).rawValue, "monitor": monitor.rawValue,
    ]
    if optimizer == .sgd { record["momentum"] = "\(momentum)" }
    record["time-limit"] = timeLimit.map { "\($0.seconds)" }
    record["warm-up"] = warmUp.map { "\($0)" }
    record["clip-gradient"] = clipGradient.map { "\($0)" }
    record["dropout"] = dropout.map { "\($0)" }
    record["patience"] = patience.map { "\($0)" }
    return record
  }
}

struct DisplayOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Write what happens as JSON Lines, an object an epoch.", valueName: "file"),
    completion: .file())
  var log: String?

  @Flag(help: "Show the layers, their shapes and parameters first.")
  var summary = false
}
