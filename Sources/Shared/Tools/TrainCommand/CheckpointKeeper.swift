// Writes the states of a run, no more often than its interval says.

import ByteIO
import CommandLine
import ModelFiles
import Training

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

  init(path: FilePath, interval: Duration, heading: Heading) {
    self.path = path
    self.interval = interval
    self.heading = heading
  }

  /// Whether the interval has passed since the last attempt to write a state.
  var isDue: Bool { ContinuousClock.now - latest >= interval }

  /// Replaces the file's state with `state`. If that fails, the file keeps the previous state and training continues.
  func keep(_ state: TrainingState) {
    do {
      try CheckpointFile.save(
        Checkpoint(
          run: heading.run, history: heading.history, instructionSet: heading.instructionSet, state: state),
        to: path)
      failure = nil
    } catch {
      if failure == nil { FMTrain.say("\(error); training continues, and will retry at the next checkpoint") }
      failure = error
    }
    latest = ContinuousClock.now
  }

  /// Throws if the latest state could not be written.
  func close() throws { if let failure { throw failure } }
}
