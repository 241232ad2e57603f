// How a run ends that did not come to its end.

import ByteIO
import CommandLine
import NeuralNetwork

/// A run that diverged; the last good model, if any, was written.
struct Unfinished: Failure {
  let divergence: TrainingError
  let savedEpoch: Int?

  var kind: FailureKind { divergence.kind }
  var description: String {
    divergence.description + "; "
      + (savedEpoch.map { "the model of epoch \($0) is written" } ?? "no model is written")
  }
}

/// A run that a signal ended.
struct Interrupted: Failure {
  let path: String
  let epoch: Int?
  let checkpoint: String?

  var kind: FailureKind { .interrupted }
  var description: String {
    "interrupted; the best model so far\(epoch.map { " (epoch \($0))" } ?? "") is written to "
      + (path == "-" ? "stdout" : displayed(path))
      + (checkpoint.map { "; --resume goes on from \(displayed($0))" } ?? "")
  }
}
