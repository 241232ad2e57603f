// The log of a run: JSON Lines, for programs.

import ByteIO
import CommandLine
import JSON
import Networks
import Training

/// Writes an object a line: `start`, then `epoch` for each, then `calibration` where there is one, then `end`. A run that
/// goes on from a checkpoint adds `resume` in place of `start`, and may tell once more of an epoch that was told of before:
/// the last line of an epoch counts. Where a model is calibrated and nothing learned, `calibration` is all there is.
///
/// A log that can no longer be written does not end the run; it is said once, and again at the end.
final class TrainingLog {
  private let file: LogFile
  private var failure: (any Error)?

  /// Opens the file, which the first line empties; or goes on at its end.
  init(path: FilePath, appends: Bool) throws { file = try LogFile(path: path, appends: appends) }

  func start(_ problem: LearningProblem, epochs: Int) {
    let architecture = problem.architecture
    write(
      "start",
      [
        JSONValue.Member("architecture", .string(architecture.specification)),
        JSONValue.Member("parameters", .integer(architecture.parameterCount)),
        JSONValue.Member("training_records", .integer(problem.training.count)),
        JSONValue.Member("validation_records", .integer(problem.heldOut?.count ?? 0)),
        JSONValue.Member("epochs", .integer(epochs)),
      ])
  }

  func resume(_ state: TrainingState) {
    write(
      "resume",
      [
        JSONValue.Member("epoch", .integer(state.progress.epoch)),
        JSONValue.Member("records_done", .integer(state.progress.recordsDone)),
        JSONValue.Member("step", .integer(state.optimizer.stepsTaken)),
      ])
  }

  func rangeTest(_ test: RangeTest) {
    for (step, taken) in test.steps.enumerated() {
      write(
        "step",
        [
          JSONValue.Member("step", .integer(step + 1)),
          JSONValue.Member("learning_rate", .double(taken.learningRate)),
          JSONValue.Member("loss", .double(taken.loss)),
        ])
    }
    write("suggestion", [JSONValue.Member("learning_rate", test.suggestion.map { .double($0) } ?? .null)])
  }

  func epoch(_ report: EpochReport) {
    var members = [
      JSONValue.Member("epoch", .integer(report.epoch)),
      JSONValue.Member("step", .integer(report.step)),
      JSONValue.Member("learning_rate", .double(report.learningRate)),
      JSONValue.Member("training_loss", .double(report.training.loss)),
      JSONValue.Member("training_accuracy", .double(report.training.accuracy)),
    ]
    if let validation = report.validation {
      members.append(JSONValue.Member("validation_loss", .double(validation.loss)))
      members.append(JSONValue.Member("validation_accuracy", .double(validation.accuracy)))
      if let recall = validation.macroRecall {
        members.append(JSONValue.Member("validation_macro_recall", .double(recall)))
      }
    }
    members += [
      JSONValue.Member("best", .boolean(report.isBest)),
      JSONValue.Member("images_per_second", .double(report.imagesPerSecond)),
      JSONValue.Member("seconds", .double(report.seconds)),
    ]
    write("epoch", members)
  }

  func calibration(_ report: CalibrationReport) { write("calibration", report.members) }

  func end(_ outcome: TrainingOutcome) {
    let reason =
      if let failure = outcome.failure {
        if case .diverged = failure { "diverged" } else { "failed" }
      } else if outcome.wasStopped {
        "interrupted"
      } else if outcome.ranOutOfTime {
        "time"
      } else {
        outcome.ranOutOfPatience ? "patience" : "done"
      }
    write(
      "end",
      [
        JSONValue.Member("reason", .string(reason)),
        JSONValue.Member("epochs", .integer(outcome.epochsRun)),
        JSONValue.Member("passes", .double(outcome.passes)),
        JSONValue.Member("best_epoch", outcome.best.map { .integer($0.epoch) } ?? .null),
      ])
  }

  /// Throws the first failure to write, now that the model is safe.
  func close() throws { if let failure { throw failure } }

  private func write(_ event: String, _ members: [JSONValue.Member]) {
    guard failure == nil else { return }
    // Keys in the compact text are sorted, so that every line reads alike.
    let line = JSONValue.object([JSONValue.Member("event", .string(event))] + members).compactText()
    do {
      try file.write(line: line)
    } catch {
      failure = error
      FMTrain.say("\(error); training goes on without the log")
    }
  }
}
