// The errors of runs that end early, or whose model cannot be saved.

import ByteIO
import CommandLine
import Training

/// A run that diverged, or whose images could no longer be read. The last good model, if any, was written.
struct Unfinished: Failure {
  let failure: TrainingError
  let savedEpoch: Int?

  var kind: FailureKind { failure.kind }
  var description: String {
    failure.description + "; "
      + (savedEpoch.map { "the model of epoch \($0) is written" } ?? "no model is written")
  }
}

/// A run that was ended by a signal.
struct Interrupted: Failure {
  let path: FilePath
  let epoch: Int?
  let checkpoint: FilePath?

  var kind: FailureKind { .interrupted }
  var description: String {
    "interrupted; the best model so far\(epoch.map { " (epoch \($0))" } ?? "") is written to "
      + path.outputName
      + (checkpoint.map { "; --resume continues from \($0.displayed)" } ?? "")
  }
}

/// A trained model that could not be written to its file.
struct ModelNotSaved: Failure {
  let failure: FileError
  let path: FilePath
  /// The file that it was written to instead; `nil` if there is none, or if the failure names it.
  let kept: FilePath?
  let checkpoint: FilePath?

  var kind: FailureKind { failure.isInterruption && kept != nil ? .interrupted : failure.kind }

  var description: String {
    if failure.keepsContents { return failure.description }
    let reason =
      failure.isInterruption
      ? "\(path.outputName): interrupted, and nothing reads its output" : failure.description
    let place =
      kept.map { "the model is written to \($0.displayed); move it to where it belongs" }
      ?? "the model could not be written anywhere else either"
    let rest =
      kept == nil
      ? checkpoint.map { "; once there is space, --resume writes it from \($0.displayed)" } ?? "" : ""
    return "\(reason); \(place)\(rest)"
  }
}
