// Refuses options that contradict each other, before any file is read. ProblemChecks.swift checks what depends on the
// images and the network.

import CommandLine
import Networks
import Training

/// The checks of a command line.
struct TrainingOptionChecks {
  private let options: FMTrain

  init(_ options: FMTrain) { self.options = options }

  /// Throws a ``ValidationError`` if options contradict each other. Checks of one group of options are in its type.
  func check() throws {
    guard !options.start.listsPresets else { return }
    if let sheet = options.display.showAugmented {
      try AugmentedSheet(options, sheet).check()
    } else if options.lrFind {
      try refuseTraining(with: "--lr-find")
    } else if options.output == nil {
      throw ValidationError("Missing expected argument '--output <model>'")
    }
    try options.training.checkOptimizer(for: options.start.preset)
    if !options.onlyCalibrates { try options.training.checkEpochs(for: options.start.preset) }
    if options.training.freezeStatistics, options.start.from == nil {
      throw ValidationError(
        "--freeze-statistics keeps the statistics of a model: add --from, or leave it out")
    }
    if case .pools(let size) = options.training.shuffle, options.training.imbalance.sample == .balanced {
      throw ValidationError(
        "--shuffle \(size): --sample balanced draws single images from the whole stream: leave out one of them"
      )
    }
    if options.data.holdsOutNothing, let option = options.training.optionOnHeldOut {
      throw ValidationError(
        "\(option) needs held-out images, but --validation 0 holds out none: leave out one of them")
    }
    if options.start.from != nil, options.training.initialization != nil {
      throw ValidationError("--init draws first weights, but --from takes a model's: leave out one of them")
    }
    if let smoothing = options.training.labelSmoothing, smoothing > 0, options.teacher.hasWholeLoss {
      throw ValidationError(
        "--label-smoothing \(smoothing): the teachers have the whole loss, and labels none of it; lower --teacher-weight,"
          + " or leave it out")
    }
    if options.onlyCalibrates { return try CalibrationRun(options).check() }
    if !options.force.force { try checkViews() }
  }

  /// Throws if held-out images would be judged by views that training never shows.
  private func checkViews() throws {
    let settings = options.settings
    if settings.averaging.flips, !settings.augmentation.flips {
      throw ValidationError(
        "--average flip harms a model that is trained without mirrored images; add --augment flip, or use --force"
      )
    }
    if settings.averaging.shift > settings.augmentation.shift {
      let shift = settings.averaging.shift
      throw ValidationError(
        "--average shift=\(shift) harms a model that is trained without images moved that far; add --augment"
          + " shift=\(shift), or use --force")
    }
  }

  /// Throws a ``ValidationError`` if an option that only applies to training, or one of `others`, is given with
  /// `option`, which trains nothing.
  func refuseTraining(with option: String, and others: [String: Bool] = [:]) throws {
    let trainingOnly = [
      "--output": options.output != nil, "--checkpoint": options.checkpoints.checkpoint != nil,
      "--time-limit": options.training.timeLimit != nil, "--calibrate": options.training.calibrate,
      "--patience": options.training.patience != nil,
      "--weight-average": options.training.weightAverage != nil,
    ]
    if let other = others.merging(trainingOnly, uniquingKeysWith: { $1 }).filter(\.value).keys.min() {
      throw ValidationError("\(other): \(option) trains no model; leave one of them out")
    }
  }
}

extension TrainingOptions {
  /// The first option that needs held-out images; `nil` if none is given.
  var optionOnHeldOut: String? {
    let options = [
      ("--calibrate", calibrate), ("--patience", patience != nil),
      ("--monitor accuracy", monitor == .accuracy), ("--monitor macro.recall", monitor == .macroRecall),
    ]
    return options.first(where: \.1)?.0
  }

  /// Throws a ``ValidationError`` if an option does not apply to the optimiser in use.
  fileprivate func checkOptimizer(for preset: Preset?) throws {
    let optimizer = settings(for: preset).optimizer
    let method = optimizer.method
    if momentum != nil, !method.hasMomentum {
      throw ValidationError("--momentum is for sgd and muon: add --optimizer sgd or muon, or leave it out")
    }
    if adamRate != nil, method != .muon {
      throw ValidationError("--adam-rate is for muon: add --optimizer muon, or leave it out")
    }
    if decayScope != nil, optimizer.weightDecay == 0 {
      throw ValidationError("--decay-scope: there is no weight decay; add --weight-decay, or leave it out")
    }
    if let nesterov, method != .sgd {
      throw ValidationError(
        "\(nesterov ? "--nesterov" : "--no-nesterov") is for sgd"
          + (method == .muon
            ? ", and muon always uses Nesterov's momentum: leave it out"
            : ": add --optimizer sgd, or leave it out"))
    }
  }

  /// Throws a ``ValidationError`` if an option names an epoch after the run's last.
  fileprivate func checkEpochs(for preset: Preset?) throws {
    let epochs = settings(for: preset).epochs
    for (option, numbers) in [("--batch-size", batchSize?.later), ("--freeze", freeze?.stages)] {
      guard let late = numbers?.first(where: { $0.epoch > epochs }) else { continue }
      throw ValidationError(
        "\(option) \(late.text): the run has only \(epochs) epoch\(epochs == 1 ? "" : "s"); name one of them, or leave it out"
      )
    }
    if case .lastEpochs(let count)? = weightAverage, count > epochs {
      throw ValidationError(
        "--weight-average last:\(count): the run has only \(epochs) epoch\(epochs == 1 ? "" : "s"); average fewer, or leave it out"
      )
    }
  }
}
