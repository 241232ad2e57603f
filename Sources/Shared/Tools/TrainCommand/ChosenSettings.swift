// From the options of training to settings and model files.
//
// An option that is not given is the preset's own, or the general one (Training/PresetSettings.swift).

import CommandLine
import Networks
import Inference
import Training

extension TrainingOptions {
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
    // What was never learned is not averaged over, unless that is asked for by name.
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
    // A preset's accuracy would choose the epoch by the frequent classes, for whose sake nothing was changed.
    if monitor == nil, settings.monitor == .accuracy, imbalance.correctsImbalance {
      settings.monitor = .macroRecall
    }
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
