// Saves and resumes a run: --checkpoint, --checkpoint-every, --resume.

import ByteIO
import CommandLine
import DataRemedies
import ModelFiles
import Training

struct CheckpointOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Save the run's state to <file>: at the end of each epoch, in between, and when a signal ends the run.",
      valueName: "file"), completion: .models)
  var checkpoint: OutputPath?

  @Option(
    help: ArgumentHelp(
      "Save the state at least this often: 90, 90s, 5m, 1h30m; 0 saves it after each step. (default: 60s)",
      valueName: "time"), transform: TimeSpan.spelled)
  var checkpointEvery: TimeSpan?

  @Flag(
    help: "Continue from the state in --checkpoint, or start from the beginning if that file does not exist.")
  var resume = false

  func validate() throws {
    guard checkpoint == nil else {
      if checkpoint?.path.isStandardStream == true {
        throw ValidationError("--checkpoint: expected a file, got standard output")
      }
      return
    }
    if resume { throw ValidationError("--resume: expected --checkpoint <file>, the state to continue from") }
    if checkpointEvery != nil {
      throw ValidationError("--checkpoint-every: expected --checkpoint <file>, where to save the state")
    }
  }

  /// Loads the checkpoint to resume from; `nil` starts from the beginning. Reports a file that is missing or will be
  /// replaced.
  func load(_ found: FoundCheckpoint, _ reporting: ReportingOptions) throws -> Checkpoint? {
    guard let path = checkpoint?.path else { return nil }
    OutputFile.removeLeftovers(of: path)
    guard path.exists else {
      if resume, !reporting.quiet {
        FMTrain.say("\(path.displayed) does not exist yet; the run starts from the beginning")
      }
      return nil
    }
    if resume { return try CheckpointFile.load(path: path) }
    if !reporting.quiet, let remark = found.content.remark {
      FMTrain.say("\(path.displayed) will be replaced; \(remark)")
    }
    return nil
  }

  /// Looks at the file of `--checkpoint`. With `claims`, throws ``FileError`` if it is another run's checkpoint.
  func find(claims: Bool) throws -> FoundCheckpoint {
    guard let path = checkpoint?.path else { return FoundCheckpoint(content: .nothing, claim: nil) }
    // A pipe could be read once only, and writing to it would wait for a reader.
    if FileIdentity(ofPipe: path) != nil {
      throw UsageError("--checkpoint: expected a file, but \(path.displayed) is a pipe")
    }
    let claim = claims ? try FileClaim.claim(path) : nil
    return FoundCheckpoint(content: CheckpointFile.content(of: path), claim: claim)
  }

  /// Returns the keeper that writes the states of a run described by `heading`; `nil` without `--checkpoint`.
  func keeper(
    for heading: CheckpointKeeper.Heading, replacing found: FoundCheckpoint
  ) -> CheckpointKeeper? {
    checkpoint.map {
      CheckpointKeeper(
        path: $0.path, interval: .seconds(checkpointEvery?.seconds ?? 60), heading: heading, replaced: found)
    }
  }

  /// Restores the trainer from a checkpoint. Throws ``CheckpointMismatch`` if the checkpoint belongs to another run.
  func restore(
    _ trainer: Trainer, from saved: Checkpoint, as heading: CheckpointKeeper.Heading,
    _ reporting: ReportingOptions
  ) throws {
    let name = checkpoint?.path.displayed ?? ""
    let differences = saved.run.differences(
      from: heading.run, classRemedy: classNamesRemedy(owner: "the checkpoint"))
    guard differences.isEmpty else { throw CheckpointMismatch(name: name, clauses: differences) }
    do {
      try trainer.restore(saved.state)
    } catch {
      throw CheckpointMismatch(
        name: name, clauses: ["no run with these settings can have reached \(messageLine(about: error))"])
    }
    guard !reporting.quiet else { return }
    let progress = saved.state.progress
    FMTrain.say(
      "resuming from \(name): epoch \(progress.epoch), \(progress.recordsDone) of \(saved.run.training.count) images done"
    )
    if saved.instructionSet != heading.instructionSet {
      FMTrain.say(
        "the run began with \(saved.instructionSet) kernels and continues with \(heading.instructionSet):"
          + " the last digits may differ from those of an uninterrupted run")
    }
  }
}

/// What the file of `--checkpoint` had when the run began to read its inputs.
struct FoundCheckpoint {
  let content: CheckpointFile.Content
  /// This run's claim on the file, if there was one.
  let claim: FileClaim?
}

extension CheckpointFile.Content {
  /// What a user who did not type --resume should know about a file that will be replaced; `nil` if nothing is lost.
  fileprivate var remark: String? {
    switch self {
    case .nothing, .unknown: nil
    case .checkpoint: "--resume would continue from it"
    case .other: "it is no checkpoint, so name another file if you need it"
    }
  }
}

/// A checkpoint that does not belong to the requested run.
struct CheckpointMismatch: Failure, Equatable {
  let name: String
  let clauses: [String]

  var kind: FailureKind { .badData }
  var description: String { "\(name): --resume: " + clauses.joined(separator: "; ") }
}
