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

extension FMTrain {
  /// Refuses slow weights that would never move.
  func checkLookahead(imageCount: Int) throws {
    guard let lookahead = settings.lookahead else { return }
    let stepsPerEpoch = (imageCount - 1) / min(settings.batchSize, imageCount) + 1
    let stepCount = lrFind ? RangeTest.stepCount : settings.epochs * stepsPerEpoch
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
