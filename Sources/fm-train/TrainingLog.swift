// The log of a run: JSON Lines, for programs.

import ByteIO
import CommandLine
import JSON
import NeuralNetwork

/// Writes an object a line: `start`, then `epoch` for each, then `end`.
///
/// A log that can no longer be written does not end the run; it is said once, and again at the end.
final class TrainingLog {
  private let file: LogFile
  private var failure: (any Error)?

  init(path: String) throws { file = try LogFile(path: path) }

  func start(_ architecture: Architecture, training: Int, heldOut: Int, epochs: Int) {
    write(
      "start",
      [
        JSONValue.Member("architecture", .string(architecture.specification)),
        JSONValue.Member("parameters", .integer(architecture.parameterCount)),
        JSONValue.Member("training_records", .integer(training)),
        JSONValue.Member("validation_records", .integer(heldOut)),
        JSONValue.Member("epochs", .integer(epochs)),
      ])
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
    }
    members += [
      JSONValue.Member("best", .boolean(report.isBest)),
      JSONValue.Member("images_per_second", .double(report.imagesPerSecond)),
      JSONValue.Member("seconds", .double(report.seconds)),
    ]
    write("epoch", members)
  }

  func end(_ outcome: TrainingOutcome) {
    let reason =
      if outcome.divergence != nil {
        "diverged"
      } else if outcome.wasStopped {
        "interrupted"
      } else {
        outcome.ranOutOfPatience ? "patience" : "done"
      }
    write(
      "end",
      [
        JSONValue.Member("reason", .string(reason)),
        JSONValue.Member("epochs", .integer(outcome.epochsRun)),
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
