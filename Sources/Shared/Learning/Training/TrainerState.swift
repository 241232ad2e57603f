// Saves a run and restores it: with the same weights, bit by bit, as if it had never stopped.

import Execution
import Networks
import Compute

extension Trainer {
  /// Offers the observer the state, unless a weight is not finite: a run cannot continue from such a state, and the
  /// state before it is worth more.
  func offerState(to observer: any TrainingObserver) {
    guard network.isFinite else { return }
    observer.keep { state }
  }

  /// Everything that the remaining run depends on, besides its data and settings.
  ///
  /// - Complexity: O(parameters · (moments + 2)), in time and memory.
  var state: TrainingState {
    var progress = progress
    progress.seconds = seconds
    let best = best.flatMap { report in
      bestWeights.map { BestEpoch(report: report, parameters: $0.exported(by: network)) }
    }
    return TrainingState(
      progress: progress, parameters: network.exportParameters(), optimizer: optimizer.state, best: best)
  }

  /// Resumes a run from `state`; call this before ``run(observer:)``. The run must have the same settings, architecture
  /// and data. With the same instruction set, everything that follows is then the same, bit by bit, as if the run had
  /// not stopped.
  ///
  /// Throws ``TrainingStateError`` if no run with these settings can have been in this state.
  ///
  /// - Complexity: O(parameters · (moments + 2)).
  public func restore(_ state: TrainingState) throws(TrainingStateError) {
    try check(state)
    progress = state.progress
    earlierSeconds = state.progress.seconds
    network.importParameters(state.parameters)
    optimizer.restore(state.optimizer)
    learningRate = schedule.rate(at: steps.schedulePosition(ofStep: max(0, optimizer.stepsTaken - 1)))
    best = state.best?.report
    bestWeights = state.best.map {
      let kept = KeptWeights(of: network)
      kept.take($0.parameters, of: network)
      return kept
    }
  }
}

// MARK: - Checks

/// A state that does not belong to the run that should continue from it.
public struct TrainingStateError: Error, Equatable, CustomStringConvertible {
  /// The part of the state that is wrong, such as `epoch` or `step`.
  public let what: String
  public let expected: String
  public let found: String

  public var description: String { "\(what): expected \(expected), got \(found)" }
}

extension Trainer {
  private func check(_ state: TrainingState) throws(TrainingStateError) {
    try checkPosition(state)
    try checkSums(state.progress)
    try check(state.best, at: state.progress, stepsTaken: state.optimizer.stepsTaken)
    let all = network.architecture.parameters
    try check(state.parameters, all, of: "the weights") { $0.isFinite }
    if let best = state.best { try check(best.parameters, all, of: "the best weights") { $0.isFinite } }
    let learned = all.filter(\.role.isLearned)
    try require(
      state.optimizer.moments.map(\.name) == optimizer.momentNames, "the optimiser's moments",
      optimizer.momentNames.joined(separator: ", "),
      state.optimizer.moments.map(\.name).joined(separator: ", "))
    for moment in state.optimizer.moments {
      // The mean of squared gradients may be infinite although the weights are finite; Adam then does not move them. No
      // moment is NaN, and no mean of squares is negative.
      let isSquare = moment.name == "exp_avg_sq"
      try check(moment.values, learned, of: moment.name) { isSquare ? $0 >= 0 : !$0.isNaN }
    }
  }

  private func checkPosition(_ state: TrainingState) throws(TrainingStateError) {
    let (progress, epochs) = (state.progress, settings.epochs)
    try require((1...epochs + 1).contains(progress.epoch), "epoch", "1 to \(epochs + 1)", progress.epoch)
    let batch = steps.batch(ofEpoch: progress.epoch)
    let isPossible =
      progress.epoch > epochs
      ? progress.recordsDone == 0
      : (0..<training.count).contains(progress.recordsDone) && progress.recordsDone % batch == 0
    try require(
      isPossible, "images done", "a multiple of the batch size \(batch) below \(training.count)",
      progress.recordsDone)
    let step = steps.count(before: progress.epoch) + progress.recordsDone / batch
    try require(state.optimizer.stepsTaken == step, "step", "\(step)", state.optimizer.stepsTaken)
  }

  private func checkSums(_ progress: TrainingProgress) throws(TrainingStateError) {
    let (sums, done) = (progress.sums, progress.recordsDone)
    try require(sums.lossSum.isFinite && sums.lossSum >= 0, "the sum of losses", "0 or more", sums.lossSum)
    let isPossible =
      settings.classWeights == nil || done == 0
      ? sums.weightSum == Double(done) : sums.weightSum.isFinite && sums.weightSum > 0
    try require(
      isPossible, "the sum of weights", settings.classWeights == nil ? "\(done)" : "more than 0",
      sums.weightSum)
    try require(
      (0...done).contains(sums.correctCount), "correct answers", "0 to \(done)", sums.correctCount)
    for seconds in [progress.epochSeconds, progress.seconds, progress.judgingSeconds] {
      try require(seconds.isFinite && seconds >= 0, "seconds", "0 or more", seconds)
    }
  }

  private func check(
    _ best: BestEpoch?, at progress: TrainingProgress, stepsTaken: Int
  ) throws(TrainingStateError) {
    guard let report = best?.report else {
      return try require(progress.epoch == 1, "the best epoch", "one before \(progress.epoch)", "none")
    }
    let last = progress.recordsDone > 0 ? progress.epoch : progress.epoch - 1
    try require(report.epoch >= 1 && report.epoch <= last, "the best epoch", "1 to \(last)", report.epoch)
    try require(
      report.step >= 1 && report.step <= stepsTaken, "the best epoch's step", "1 to \(stepsTaken)",
      report.step)
    try require(
      (report.validation == nil) == (validation == nil), "the best epoch's held-out figures",
      validation == nil ? "none" : "some", report.validation == nil ? "none" : "some")
    for figures in [report.training, report.validation].compactMap({ $0 }) {
      try require(
        figures.loss.isFinite && (0...1).contains(figures.accuracy), "the best epoch's figures",
        "a finite loss and an accuracy of 0 to 1", "\(figures.loss) and \(figures.accuracy)")
    }
    let recall = report.validation?.macroRecall
    let isTold = validation != nil && settings.tellsMacroRecall
    try require(
      isTold ? recall.map((0...1).contains) == true : recall == nil, "the best epoch's recall",
      isTold ? "0 to 1" : "none", recall.map { "\($0)" } ?? "none")
  }

  private func check(
    _ parameters: [Parameter], _ expected: [ParameterDescription], of what: String,
    _ isValid: (Float) -> Bool
  ) throws(TrainingStateError) {
    try require(
      parameters.map(\.name) == expected.map(\.name), what, expected.map(\.name).joined(separator: ", "),
      parameters.map(\.name).joined(separator: ", "))
    for (parameter, description) in zip(parameters, expected) {
      let name = "\(what), \(parameter.name)"
      try require(
        parameter.shape == description.shape && parameter.values.count == description.count, name,
        "shape \(description.shape)", "\(parameter.shape)")
      if let index = parameter.values.firstIndex(where: { !isValid($0) }) {
        throw TrainingStateError(
          what: "\(name), value \(index)", expected: "a value that training can produce",
          found: "\(parameter.values[index])")
      }
    }
  }

  private func require(
    _ condition: Bool, _ what: String, _ expected: String, _ found: some Any
  ) throws(TrainingStateError) {
    if !condition { throw TrainingStateError(what: what, expected: expected, found: "\(found)") }
  }
}
