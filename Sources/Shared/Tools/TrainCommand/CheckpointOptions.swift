// Leaving a run and going on with it: --checkpoint, --checkpoint-every, --resume.

import ByteIO
import CommandLine
import ModelFiles
import Training

struct CheckpointOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep the run's state in <file>: at each epoch's end, in between, and when a signal ends the run.",
      valueName: "file"), completion: .models)
  var checkpoint: OutputPath?

  @Option(
    help: ArgumentHelp(
      "The longest time between two states kept: 90, 90s, 5m, 1h30m; 0 keeps each step's. (default: 60s)",
      valueName: "time"), transform: TimeSpan.spelled)
  var checkpointEvery: TimeSpan?

  @Flag(help: "Go on from the state in --checkpoint; from the beginning, if there is no such file.")
  var resume = false

  func validate() throws {
    guard checkpoint == nil else {
      if checkpoint?.path.isStandardStream == true {
        throw ValidationError("--checkpoint: expected a file, got standard output")
      }
      return
    }
    if resume { throw ValidationError("--resume: expected --checkpoint, which says what to go on from") }
    if checkpointEvery != nil {
      throw ValidationError("--checkpoint-every: expected --checkpoint, which says where")
    }
  }

  /// What there is to go on from. `nil` begins anew.
  func load(_ reporting: ReportingOptions) throws -> Checkpoint? {
    guard let path = checkpoint?.path else { return nil }
    OutputFile.removeLeftovers(of: path)
    guard OutputFile.exists(path) else {
      if resume, !reporting.quiet {
        FMTrain.say("\(path.displayed) is not there yet: the run starts from the beginning")
      }
      return nil
    }
    if resume { return try CheckpointFile.load(path: path) }
    if !reporting.quiet {
      FMTrain.say("\(path.displayed) will be replaced; with --resume, the run would go on from it")
    }
    return nil
  }

  /// What keeps the states of a run that `heading` describes.
  func keeper(for heading: CheckpointKeeper.Heading) -> CheckpointKeeper? {
    checkpoint.map {
      CheckpointKeeper(path: $0.path, interval: .seconds(checkpointEvery?.seconds ?? 60), heading: heading)
    }
  }

  /// Lets the trainer go on from a checkpoint. Throws ``CheckpointMismatch`` where it is one of another run.
  func restore(
    _ trainer: Trainer, from saved: Checkpoint, as heading: CheckpointKeeper.Heading,
    _ reporting: ReportingOptions
  ) throws {
    let name = checkpoint?.path.displayed ?? ""
    let differences = saved.run.differences(from: heading.run)
    guard differences.isEmpty else { throw CheckpointMismatch(name: name, clauses: differences) }
    do {
      try trainer.restore(saved.state)
    } catch {
      throw CheckpointMismatch(name: name, clauses: ["no run with these settings can have come to \(error)"])
    }
    guard !reporting.quiet else { return }
    let progress = saved.state.progress
    FMTrain.say(
      "goes on from \(name): epoch \(progress.epoch), \(progress.recordsDone) of \(saved.run.training.count) images done"
    )
    if saved.instructionSet != heading.instructionSet {
      FMTrain.say(
        "the run was begun with \(saved.instructionSet) kernels and goes on with \(heading.instructionSet):"
          + " the last digits may differ from those of a run in one piece")
    }
  }
}

/// A checkpoint that is not of the run that was asked for.
struct CheckpointMismatch: Failure, Equatable {
  let name: String
  let clauses: [String]

  var kind: FailureKind { .badData }
  var description: String { "\(name): --resume: " + clauses.joined(separator: "; ") }
}
