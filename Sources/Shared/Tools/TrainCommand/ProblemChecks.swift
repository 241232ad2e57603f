// Refuses options that do not fit the images or the network, and reports those that probably are mistakes.

import ByteIO
import CommandLine
import Execution
import Networks
import TensorStream
import Training

/// The checks of what a run learns from.
struct ProblemChecks {
  private let options: FMTrain

  init(_ options: FMTrain) { self.options = options }

  /// Checks the training images.
  func check(_ training: Dataset) throws {
    try options.settings.augmentation.checkOption(fits: training.shape)
    warnOfOneClass(training)
    if let batch = options.training.batchSize?.largest, batch > training.count, !options.reporting.quiet {
      FMTrain.say(
        "--batch-size \(batch): this is more than the training images; all \(training.count) make one batch")
    }
    try checkLookahead(imageCount: training.count)
  }

  /// Checks the network to start from.
  func check(_ start: TrainingStart) throws {
    try checkMuon(start.architecture)
    try checkFreezing(start.architecture)
    try checkLayers(start.architecture)
    if !options.reporting.quiet, start.model?.temperature != nil, !options.training.calibrate {
      FMTrain.say(
        "the model of --from is calibrated, but the new one will not be; add --calibrate to calibrate it")
    }
  }

  /// Warns if all training images have the same class.
  private func warnOfOneClass(_ data: Dataset) {
    guard !options.reporting.quiet, let label = data.labels.first, data.labels.allSatisfy({ $0 == label })
    else {
      return
    }
    let name = data.classes.map { "'\(displayed($0[Int(label)]))'" } ?? "\(label)"
    FMTrain.say(
      "warning: \(data.count == 1 ? "the only training image is" : "all \(data.count) training images are") of class"
        + " \(name): nothing can be learned from one class")
  }

  /// Refuses to freeze more layers than the network has before the output layer. Reports layers that are frozen from
  /// the first epoch on without ever having been trained.
  private func checkFreezing(_ architecture: Architecture) throws {
    guard let freezing = options.settings.freezing else { return }
    let count = architecture.freezableLayerCount
    guard count > 0 else {
      throw UsageError(
        "--freeze \(freezing.text): the network has no convolution or dense layer before the output layer; leave it out"
      )
    }
    guard freezing.layers <= count else {
      throw UsageError(
        "--freeze \(freezing.text): expected at most \(count) layer\(count == 1 ? "" : "s"), the convolutions and dense layers"
          + " before the output layer")
    }
    guard freezing.stages[0].epoch == 1, options.start.from == nil, !options.reporting.quiet else { return }
    FMTrain.say(
      "--freeze \(freezing.stages[0].text): without --from, these layers keep their random first weights"
    )
  }

  /// Refuses options that are for layers which the network does not have.
  private func checkLayers(_ architecture: Architecture) throws {
    let operations = architecture.nodes.map(\.operation)
    func refuse(_ option: String, without layer: String, _ isLayer: (Operation) -> Bool) throws {
      guard !operations.contains(where: isLayer) else { return }
      throw UsageError("\(option): the network has no \(layer); leave it out")
    }
    if let rate = options.training.normRate {
      try refuse("--norm-rate \(rate)", without: "normalisation") {
        switch $0 {
        case .normalization, .layerNormalization: true
        default: false
        }
      }
    }
    if options.training.freezeStatistics {
      try refuse("--freeze-statistics", without: "batch normalisation") {
        if case .normalization = $0 { true } else { false }
      }
    }
    if options.training.initialization == .dirac {
      try refuse("--init dirac", without: "convolution") {
        if case .convolution = $0 { true } else { false }
      }
    }
  }

  /// Refuses slow weights that would never be updated, because the run has too few steps.
  private func checkLookahead(imageCount: Int) throws {
    let settings = options.settings
    guard let lookahead = settings.lookahead else { return }
    let stepCount = options.lrFind ? RangeTest.stepCount : RunSteps(settings, imageCount: imageCount).count
    guard lookahead.steps <= stepCount else {
      throw UsageError(
        "--lookahead \(lookahead.steps): the run has only \(stepCount) step\(stepCount == 1 ? "" : "s"); use fewer, or leave it out"
      )
    }
  }

  /// Refuses muon if the network has no layer for its orthogonal steps.
  private func checkMuon(_ architecture: Architecture) throws {
    guard options.settings.optimizer.method == .muon, architecture.hiddenWeights.isEmpty else { return }
    throw UsageError(
      "--optimizer muon: the network has no hidden layer with weights; use another optimiser, such as adamw")
  }
}

extension Augmentation {
  /// Throws a ``UsageError`` that begins with `--augment` if images are too small for the changes.
  func checkOption(fits shape: ImageShape) throws {
    do {
      try check(fits: shape)
    } catch {
      throw UsageError("--augment \(messageLine(about: error))")
    }
  }
}
