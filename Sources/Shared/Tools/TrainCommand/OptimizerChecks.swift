// Refuses options that do not fit the optimiser, the length of the run or the network.

import CommandLine
import Execution
import Networks
import Training

extension TrainingOptions {
  /// Throws a ``ValidationError`` if an option does not apply to the optimiser in use.
  func checkOptimizer(for preset: Preset?) throws {
    let method = settings(for: preset).optimizer.method
    if momentum != nil, !method.hasMomentum {
      throw ValidationError("--momentum is for sgd and muon: add --optimizer sgd or muon, or leave it out")
    }
    if adamRate != nil, method != .muon {
      throw ValidationError("--adam-rate is for muon: add --optimizer muon, or leave it out")
    }
    if let nesterov, method != .sgd {
      throw ValidationError(
        "\(nesterov ? "--nesterov" : "--no-nesterov") is for sgd"
          + (method == .muon
            ? ", and muon always uses Nesterov's momentum: leave it out"
            : ": add --optimizer sgd, or leave it out"))
    }
  }
}

extension TrainingOptions {
  /// Throws a ``ValidationError`` if an option names an epoch after the run's last.
  func checkEpochs(for preset: Preset?) throws {
    let epochs = settings(for: preset).epochs
    for (option, numbers) in [("--batch-size", batchSize?.later), ("--freeze", freeze?.stages)] {
      guard let late = numbers?.first(where: { $0.epoch > epochs }) else { continue }
      throw ValidationError(
        "\(option) \(late.text): the run has only \(epochs) epoch\(epochs == 1 ? "" : "s"); name one of them, or leave it out"
      )
    }
  }
}

extension FMTrain {
  /// Refuses to freeze more layers than the network has before the output layer. Reports layers that are frozen from
  /// the first epoch on without ever having been trained.
  func checkFreezing(_ architecture: Architecture) throws {
    guard let freezing = settings.freezing else { return }
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
    guard freezing.stages[0].epoch == 1, start.from == nil, !reporting.quiet else { return }
    Self.say(
      "--freeze \(freezing.stages[0].text): without --from, these layers keep their random first weights"
    )
  }

  /// Refuses slow weights that would never be updated, because the run has too few steps.
  func checkLookahead(imageCount: Int) throws {
    guard let lookahead = settings.lookahead else { return }
    let stepCount = lrFind ? RangeTest.stepCount : RunSteps(settings, imageCount: imageCount).count
    guard lookahead.steps <= stepCount else {
      throw UsageError(
        "--lookahead \(lookahead.steps): the run has only \(stepCount) step\(stepCount == 1 ? "" : "s"); use fewer, or leave it out"
      )
    }
  }

  /// Refuses muon if the network has no layer for its orthogonal steps.
  func checkMuon(_ architecture: Architecture) throws {
    guard settings.optimizer.method == .muon, architecture.hiddenWeights.isEmpty else { return }
    throw UsageError(
      "--optimizer muon: the network has no hidden layer with weights; use another optimiser, such as adamw")
  }
}
