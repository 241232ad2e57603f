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
  /// The claim on the file as it is now, which makes another run with this checkpoint fail at its start.
  private var claim: FileClaim?

  init(path: FilePath, interval: Duration, heading: Heading, replaced: FoundCheckpoint) {
    self.path = path
    self.interval = interval
    self.heading = heading
    expected = replaced.content
    claim = replaced.claim
  }

  /// Whether the interval has passed since the last attempt to write a state.
  var isDue: Bool { ContinuousClock.now - latest >= interval }

  /// Replaces the file's state with `state`. If that fails, the file keeps the previous state and training continues.
  func keep(_ state: TrainingState) {
    do {
      try checkOwner()
      try save(state)
      failure = nil
    } catch {
      if "\(error)" != failure.map({ "\($0)" }) {
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
    guard found == expected || found == .nothing || found == .unknown || expected == .unknown else {
      throw ForeignCheckpoint(name: path.displayed)
    }
    // The file may have appeared after the run began.
    if claim == nil { claim = try FileClaim.claim(path) }
  }

  private func save(_ state: TrainingState) throws {
    let checkpoint = Checkpoint(
      run: heading.run, history: heading.history, instructionSet: heading.instructionSet, state: state)
    do {
      let saved = try CheckpointFile.save(checkpoint, to: path)
      (expected, claim) = (saved.content, saved.claim ?? claim)
    } catch {
      // A failure may come after the file was replaced, or while it was overwritten in place.
      expected = CheckpointFile.content(of: path)
      throw error
    }
  }

  /// The path, if the run may find its state there.
  var ownPath: FilePath? { failure is ForeignCheckpoint ? nil : path }

  /// Throws if the latest state could not be written.
  func close() throws { if let failure { throw failure } }
}

/// The file of this run's checkpoints has another content than the run has written there.
struct ForeignCheckpoint: Failure, Equatable {
  let name: String

  var kind: FailureKind { .inputOutput }
  var description: String {
    "\(name): expected the checkpoint of this run, found a file that another process has written; stop one of the runs, or give each a --checkpoint of its own"
  }
}
