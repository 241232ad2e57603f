// How a run ends that did not come to its end.

import ByteIO
import CommandLine
import Training

/// A run that diverged, or whose images could not be read again; the last good model, if any, was written.
struct Unfinished: Failure {
  let failure: TrainingError
  let savedEpoch: Int?

  var kind: FailureKind { failure.kind }
  var description: String {
    failure.description + "; "
      + (savedEpoch.map { "the model of epoch \($0) is written" } ?? "no model is written")
  }
}

/// A run that a signal ended.
struct Interrupted: Failure {
  let path: FilePath
  let epoch: Int?
  let checkpoint: FilePath?

  var kind: FailureKind { .interrupted }
  var description: String {
    "interrupted; the best model so far\(epoch.map { " (epoch \($0))" } ?? "") is written to "
      + path.outputName
      + (checkpoint.map { "; --resume goes on from \($0.displayed)" } ?? "")
  }
}

/// A model that could not be written where it was wanted, after all the work.
struct ModelNotSaved: Failure {
  let failure: FileError
  let path: FilePath
  /// Where it was written in its place, `nil` if nowhere, or if the failure says where it is.
  let kept: FilePath?
  let checkpoint: FilePath?

  var kind: FailureKind { failure.isInterruption && kept != nil ? .interrupted : failure.kind }

  var description: String {
    if failure.keepsContents { return failure.description }
    let reason =
      failure.isInterruption
      ? "\(path.outputName): interrupted, and nobody reads what is written to it" : failure.description
    let place =
      kept.map { "the model is written to \($0.displayed); move it to where it belongs" }
      ?? "the model could not be written to another place either"
    let rest =
      kept == nil
      ? checkpoint.map { "; once there is room, --resume writes it again from \($0.displayed)" } ?? "" : ""
    return "\(reason); \(place)\(rest)"
  }
}
