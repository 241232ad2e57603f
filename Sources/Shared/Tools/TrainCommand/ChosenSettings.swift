// Turns the training options into settings, and into the record that a model file keeps.
//
// An option that is not given takes the preset's value, or else the general default (Training/PresetSettings.swift).

import CommandLine
import Networks
import Inference
import Training

extension TrainingOptions {
  /// Returns the specification with the probability of `--dropout`, or else of the preset, in all its dropout layers.
  /// Throws a ``UsageError`` if `--dropout` is given and there is no dropout layer.
  func withDropout(_ tree: Specification, of preset: Preset?) throws -> Specification {
    if let dropout, !tree.hasDropout {
      throw UsageError(
        "--dropout: the network has no dropout layer; add dropout:\(dropout) to --arch where it belongs")
    }
    return (dropout ?? preset?.dropout).map(tree.settingDropout) ?? tree
  }

  /// The given options that change weights or choose among them, and so have no meaning if nothing is trained.
  var learningOptions: [String] {
    let options: [(name: String, isGiven: Bool)] = [
      ("--time-limit", timeLimit != nil), ("--optimizer", optimizer != nil),
      ("--learning-rate", learningRate != nil), ("--schedule", schedule != nil), ("--warm-up", warmUp != nil),
      ("--weight-decay", weightDecay != nil), ("--momentum", momentum != nil),
      ("--nesterov", nesterov != nil),
      ("--decay-scope", decayScope != nil), ("--norm-rate", normRate != nil),
      ("--adam-rate", adamRate != nil),
      ("--clip-gradient", clipGradient != nil), ("--label-smoothing", labelSmoothing != nil),
      ("--dropout", dropout != nil), ("--augment", augment != nil),
      ("--weight-average", weightAverage != nil), ("--lookahead", lookahead != nil),
      ("--freeze", freeze != nil), ("--freeze-statistics", freezeStatistics),
      ("--class-weights", imbalance.classWeights != nil), ("--sample", imbalance.sample != nil),
      ("--shuffle", shuffle != nil),
      ("--patience", patience != nil), ("--monitor", monitor != nil),
    ]
    return options.filter(\.isGiven).map(\.name)
  }

  /// Returns the settings of the run: the given options, and for the others the preset's settings or the general ones.
  func settings(for preset: Preset?) -> TrainingSettings {
    var settings = preset?.settings ?? .general
    // The preset's rate and decay are tuned for its optimiser, and mean nothing for another.
    if let optimizer, optimizer != settings.optimizer.method {
      settings.optimizer = OptimizerSettings(method: optimizer)
      settings.learningRate = optimizer.learningRate
    }
    settings.optimizer.weightDecay = weightDecay ?? settings.optimizer.weightDecay
    settings.optimizer.momentum = momentum ?? settings.optimizer.momentum
    settings.optimizer.isNesterov = nesterov ?? settings.optimizer.isNesterov
    settings.optimizer.decayScope = decayScope ?? settings.optimizer.decayScope
    settings.optimizer.normalizationRate = normRate ?? settings.optimizer.normalizationRate
    settings.optimizer.adamRate = adamRate ?? settings.optimizer.adamRate
    settings.optimizer.gradientLimit = clipGradient ?? settings.optimizer.gradientLimit
    settings.epochs = epochs ?? settings.epochs
    settings.batchSizes = batchSize ?? settings.batchSizes
    settings.learningRate = learningRate ?? settings.learningRate
    settings.warmUp = warmUp ?? (schedule == nil ? settings.warmUp : nil)
    settings.schedule = schedule ?? settings.schedule
    settings.labelSmoothing = labelSmoothing ?? settings.labelSmoothing
    settings.augmentation = augment ?? settings.augmentation
    // Views that training does not show are not averaged over, unless --average asks for them.
    settings.averaging =
      average
      ?? settings.averaging.limited(flips: settings.augmentation.flips, shift: settings.augmentation.shift)
    settings.precision = precision.precision
    settings.weightAverage = weightAverage
    settings.lookahead = lookahead
    settings.freezing = freeze
    settings.freezesStatistics = freezeStatistics
    settings.calibrates = calibrate
    settings.initialization = initialization ?? settings.initialization
    settings.seed = seed
    settings.patience = patience ?? settings.patience
    settings.sampling = imbalance.sample ?? settings.sampling
    settings.shuffle = shuffle ?? settings.shuffle
    settings.monitor = monitor ?? settings.monitor
    // A preset's accuracy would let the frequent classes choose the epoch, against the aim of these options.
    if monitor == nil, settings.monitor == .accuracy, imbalance.correctsImbalance {
      settings.monitor = .macroRecall
    }
    return settings
  }

  /// The options in effect, by their long names, as a model file records them. Options whose default is none are left
  /// out unless they are given.
  func record(for preset: Preset?) -> [String: String] {
    var record = settings(for: preset).record
    record["time-limit"] = timeLimit.map { "\($0.seconds)" }
    record["dropout"] = (dropout ?? preset?.dropout).map { "\($0)" }
    return record
  }
}

extension FMTrain {
  /// The settings of the training: the given options, and the preset's settings for the others.
  var settings: TrainingSettings { training.settings(for: start.preset) }
}
