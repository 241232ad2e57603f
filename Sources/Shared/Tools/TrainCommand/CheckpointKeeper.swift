// Keeps the state of a run in the file of --checkpoint.

import ByteIO
import CommandLine
import ModelFiles
import Training

/// Writes the states of a run, no more often than its interval says.
final class CheckpointKeeper {
  /// The part that all checkpoints of a run have in common.
  struct Heading {
    var run: RunDescription
    var history: [String]
    var instructionSet: String
  }

  let path: FilePath
  private let interval: Duration
  private let heading: Heading
  private var latest = ContinuousClock.now
  /// Why the latest state could not be written; `nil` once a later state is written.
  private var failure: (any Error)?
  /// What the file had when the run began, then what the run wrote.
  private var expected: CheckpointFile.Content

  init(path: FilePath, interval: Duration, heading: Heading) {
    self.path = path
    self.interval = interval
    self.heading = heading
    expected = CheckpointFile.content(of: path)
  }

  /// Whether the interval has passed since the last attempt to write a state.
  var isDue: Bool { ContinuousClock.now - latest >= interval }

  /// Replaces the file's state with `state`. If that fails, the file keeps the previous state and training continues.
  func keep(_ state: TrainingState) {
    do {
      try checkOwner()
      expected = try CheckpointFile.save(
        Checkpoint(
          run: heading.run, history: heading.history, instructionSet: heading.instructionSet, state: state),
        to: path)
      failure = nil
    } catch {
      if failure == nil {
        FMTrain.say("\(messageLine(about: error)); training continues, and will retry at the next checkpoint")
      }
      failure = error
    }
    latest = ContinuousClock.now
  }

  /// Throws if another process has written to the file, which would otherwise lose its state. A file that appears while
  /// this run writes its own is replaced; the other run then notices.
  private func checkOwner() throws {
    let found = CheckpointFile.content(of: path)
    guard found == expected || found == .nothing else { throw ForeignCheckpoint(name: path.displayed) }
  }

  /// Throws if the latest state could not be written.
  func close() throws { if let failure { throw failure } }
}

/// The file of this run's checkpoints has another content than the run has written there.
struct ForeignCheckpoint: Failure, Equatable {
  let name: String

  var kind: FailureKind { .inputOutput }
  var description: String {
    "\(name): expected the checkpoint of this run, found a file that another process has written; give each run a --checkpoint of its own"
  }
}
