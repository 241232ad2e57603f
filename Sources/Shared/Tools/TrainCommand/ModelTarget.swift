// Writes the model of a run, or says what became of it.

import ByteIO
import CommandLine
import ModelFiles
import Networks
import Training

/// The file that a model is written to.
struct ModelTarget {
  private let path: FilePath

  /// Takes the file of `--output`. Throws if it is standard output and a terminal, unless forced.
  init(_ options: FMTrain) throws {
    path = options.output?.path ?? "-"
    if path.isStandardStream {
      try options.force.check(OutputFile(path: path), instead: "fm-train … --output model.safetensors")
    }
  }

  /// Writes a model. If that fails, writes it to another place, since training may have taken long, and throws
  /// ``ModelNotSaved``. `checkpoint` is the checkpoint of the run, if there is one.
  func save(_ model: Model, checkpoint: FilePath?) throws {
    do {
      try ModelFile.save(model, to: path)
    } catch let failure as FileError {
      // If the file is complete already, the error names it.
      let kept = failure.keepsContents ? nil : ModelFile.keep(model, insteadOf: path)
      throw ModelNotSaved(failure: failure, path: path, kept: kept, checkpoint: checkpoint)
    }
  }

  /// Writes the best model, and throws if the run did not reach its end.
  func save(
    _ outcome: TrainingOutcome, of heading: CheckpointKeeper.Heading, _ keeper: CheckpointKeeper?
  ) throws {
    if let parameters = outcome.parameters, let best = outcome.best {
      let model = Model(
        architecture: heading.run.architecture, parameters: parameters, classes: heading.run.classes,
        history: heading.history, recipe: heading.run.recipe,
        training: heading.run.record(of: best, epochsRun: outcome.epochsRun),
        scaling: heading.run.scaling, temperature: outcome.calibration?.temperature)
      OutputFile.removeLeftovers(of: path)
      try save(model, checkpoint: keeper?.ownPath)
    }
    if let failure = outcome.failure {
      throw Unfinished(
        failure: failure, savedEpoch: outcome.parameters == nil ? nil : outcome.best?.epoch)
    }
    try keeper?.close()
    if outcome.wasStopped {
      throw Interrupted(path: path, epoch: outcome.best?.epoch, checkpoint: keeper?.path)
    }
  }
}

extension FMTrain {
  /// Whether `--output` may replace the model of `--from`. It may if the file is a model of fm-train and nothing more: the
  /// old model is read before training begins, and is kept until the new one is complete.
  public func mayReplace(_ input: NamedFile, by output: NamedFile) -> Bool {
    input.name == "--from" && output.name == "--output" && ModelFile.holdsOnlyAModel(path: input.path)
  }
}

// MARK: - Failures

/// A run that diverged, or whose images could no longer be read. The last good model, if any, was written.
struct Unfinished: Failure {
  let failure: TrainingError
  let savedEpoch: Int?

  var kind: FailureKind { failure.kind }
  var description: String {
    messageLine(about: failure) + "; "
      + (savedEpoch.map { "the model of epoch \($0) is written" } ?? "no model is written")
  }
}

/// A run that was ended by a signal. The best model, if any, was written.
struct Interrupted: Failure {
  let path: FilePath
  /// The epoch of the best model; `nil` if there is none.
  let epoch: Int?
  let checkpoint: FilePath?

  var kind: FailureKind { .interrupted }
  var description: String {
    "interrupted; "
      + (epoch.map { "the best model so far (epoch \($0)) is written to \(path.outputName)" }
        ?? "no model is written")
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
    if failure.keepsContents { return messageLine(about: failure) }
    let reason =
      failure.isInterruption
      ? "\(path.outputName): interrupted, and nothing reads its output" : messageLine(about: failure)
    let place =
      kept.map { "the model is written to \($0.displayed); move it to where it belongs" }
      ?? "the model could not be written anywhere else either"
    let rest =
      kept == nil
      ? checkpoint.map { "; once there is space, --resume writes it from \($0.displayed)" } ?? "" : ""
    return "\(reason); \(place)\(rest)"
  }
}
