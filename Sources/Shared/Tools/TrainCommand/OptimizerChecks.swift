// What is refused of the options that say how steps are taken.

import CommandLine
import Execution
import Networks
import Training

extension TrainingOptions {
  /// Throws a ``ValidationError`` where an option belongs to another optimiser than the one in force.
  func checkOptimizer(for preset: Preset?) throws {
    let method = settings(for: preset).optimizer.method
    if momentum != nil, !method.hasMomentum {
      throw ValidationError("--momentum is sgd's and muon's: add --optimizer sgd or muon, or leave it out")
    }
    if adamRate != nil, method != .muon {
      throw ValidationError("--adam-rate is muon's: add --optimizer muon, or leave it out")
    }
    if let nesterov, method != .sgd {
      throw ValidationError(
        "\(nesterov ? "--nesterov" : "--no-nesterov") is sgd's"
          + (method == .muon
            ? ", and muon's momentum is Nesterov's anyway: leave it out"
            : ": add --optimizer sgd, or leave it out"))
    }
  }
}

extension TrainingOptions {
  /// Throws a ``ValidationError`` where an option names an epoch that the run does not have.
  func checkEpochs(for preset: Preset?) throws {
    let epochs = settings(for: preset).epochs
    for (option, numbers) in [("--batch-size", batchSize?.later), ("--freeze", freeze?.stages)] {
      guard let late = numbers?.first(where: { $0.epoch > epochs }) else { continue }
      throw ValidationError(
        "\(option) \(late.text): the run has \(epochs) epoch\(epochs == 1 ? "" : "s"); name one of them, or leave it out"
      )
    }
  }
}

extension FMTrain {
  /// Refuses to freeze more layers than there are before the output layer. Says so where layers are frozen that have learned
  /// nothing.
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
      "--freeze \(freezing.stages[0].text): without --from, these layers keep the weights that they begin with"
    )
  }

  /// Refuses slow weights that would never move.
  func checkLookahead(imageCount: Int) throws {
    guard let lookahead = settings.lookahead else { return }
    let stepCount = lrFind ? RangeTest.stepCount : RunSteps(settings, imageCount: imageCount).count
    guard lookahead.steps <= stepCount else {
      throw UsageError(
        "--lookahead \(lookahead.steps): the run has \(stepCount) step\(stepCount == 1 ? "" : "s"); use fewer, or leave it out"
      )
    }
  }

  /// Refuses orthogonal steps where no layer would take any.
  func checkMuon(_ architecture: Architecture) throws {
    guard settings.optimizer.method == .muon, architecture.hiddenWeights.isEmpty else { return }
    throw UsageError(
      "--optimizer muon: the network has no hidden layer with weights for it; use another, such as adamw")
  }
}
