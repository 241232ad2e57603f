// The log of a run as JSON Lines, for programs to read.

import ByteIO
import CommandLine
import JSON
import Networks
import Training

/// Writes one object a line: `start`, an `epoch` for each epoch, `calibration` if there is one, and `end`. A resumed
/// run appends `resume` instead of `start`, and may repeat an epoch that was logged before; the last line of an epoch
/// counts. If a model is only calibrated, the log is a single `calibration`. A range test logs `start`, a `step` for
/// each step and a `suggestion`.
///
/// If the log can no longer be written, the run continues. The failure is reported immediately, and again at the end.
final class TrainingLog {
  private let file: LogFile
  private var failure: (any Error)?

  /// Opens the file. The first line replaces its contents or, if `appends`, follows them.
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

  /// Throws the failure to write, if there was one. Called after the model is saved.
  func close() throws { if let failure { throw failure } }

  private func write(_ event: String, _ members: [JSONValue.Member]) {
    guard failure == nil else { return }
    // Compact text sorts the keys, so all lines have the same order.
    let line = JSONValue.object([JSONValue.Member("event", .string(event))] + members).compactText()
    do {
      try file.write(line: line)
    } catch {
      failure = error
      FMTrain.say("\(messageLine(about: error)); training continues without the log")
    }
  }
}
