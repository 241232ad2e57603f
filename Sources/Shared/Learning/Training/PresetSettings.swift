// The default settings of training, in general and for each preset, and how settings are written down.
//
// docs/results.md says how the presets' settings were found, and how well the presets do.

import Inference
import Networks

extension TrainingSettings {
  /// The settings of networks that are not presets: a short run with a schedule that suits most.
  public static let general = TrainingSettings(
    epochs: 10, batchSize: 128, optimizer: OptimizerSettings(method: .adam),
    learningRate: OptimizerSettings.Method.adam.learningRate,
    schedule: .oneCycle)

  /// The settings of the presets, for pictures whose mirror images are equally good: long enough that an image is
  /// hardly ever seen twice in the same form. Images move by at most one pixel, and two views are averaged.
  static func mirrored(epochs: Int) -> TrainingSettings {
    var settings = general
    settings.epochs = epochs
    settings.augmentation = Augmentation(flips: true, shift: 1)
    settings.averaging = .flip
    settings.monitor = .accuracy
    return settings
  }

  /// The settings of networks with batch normalisation: few epochs of orthogonal steps at a high rate. Answers are the
  /// mean over six views.
  static func normalized(epochs: Int) -> TrainingSettings {
    var settings = mirrored(epochs: epochs)
    settings.batchSize = 256
    settings.optimizer = OptimizerSettings(method: .muon, weightDecay: 0.05, momentum: 0.9)
    settings.optimizer.decayScope = .weights
    settings.learningRate = 0.03
    settings.schedule = .triangular
    settings.labelSmoothing = 0.1
    settings.averaging = Averaging(flips: true, shift: 1)
    return settings
  }

  /// The settings by the long names of `fm-train`'s options, as model files keep them. Settings that are not in force
  /// are left out. So is the seed, which shapes a single run and not this kind of run.
  public var record: [String: String] {
    var record = [
      "epochs": "\(epochs)", "batch-size": batchSizes.text, "optimizer": optimizer.method.rawValue,
      "learning-rate": "\(learningRate)", "schedule": schedule.rawValue,
      "weight-decay": "\(optimizer.weightDecay)", "label-smoothing": "\(labelSmoothing)",
      TrainingRecord.augmentationKey: augmentation.specification,
      TrainingRecord.averagingKey: averaging.text, "init": initialization.rawValue,
      "monitor": monitor.rawValue,
    ]
    if optimizer.method.hasMomentum { record["momentum"] = "\(optimizer.momentum)" }
    if optimizer.method == .muon { record["adam-rate"] = "\(optimizer.adamRate)" }
    if optimizer.isNesterov { record["nesterov"] = "true" }
    if optimizer.decayScope != .all { record["decay-scope"] = optimizer.decayScope.rawValue }
    if optimizer.normalizationRate != 1 { record["norm-rate"] = "\(optimizer.normalizationRate)" }
    record["warm-up"] = warmUp.map { "\($0)" }
    record["clip-gradient"] = optimizer.gradientLimit.map { "\($0)" }
    record["weight-average"] = weightAverage?.text
    record["lookahead"] = lookahead?.text
    if precision != .float32 { record["precision"] = precision.rawValue }
    record["freeze"] = freezing?.text
    if freezesStatistics { record["freeze-statistics"] = "true" }
    if calibrates { record["calibrate"] = "true" }
    if let classWeights { record["class-weights"] = classWeights.text }
    if sampling != .each { record["sample"] = sampling.rawValue }
    if shuffle != .all { record["shuffle"] = shuffle.text }
    record["patience"] = patience.map { "\($0)" }
    return record
  }
}

extension Preset {
  /// The preset's default settings, for any seed.
  public var settings: TrainingSettings {
    switch name {
    case "ffnn": .mirrored(epochs: 240)
    case "cnn": .mirrored(epochs: 60)
    case "vgg": .normalized(epochs: 20)
    default: .general
    }
  }

  /// The probability of all dropout layers with the default settings; `nil` leaves them as specified.
  public var dropout: Double? { name == "ffnn" ? 0.1 : nil }
}
