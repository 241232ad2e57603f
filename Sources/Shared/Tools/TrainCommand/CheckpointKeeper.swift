// Writes the states of a run, often enough and not more often.

import ByteIO
import CommandLine
import ModelFiles
import Training

final class CheckpointKeeper {
  /// What all checkpoints of a run have in common.
  struct Heading {
    var run: RunDescription
    var history: [String]
    var instructionSet: String
  }

  let path: FilePath
  private let interval: Duration
  private let heading: Heading
  private var latest = ContinuousClock.now
  /// Of the latest state; one that was written since makes up for those before.
  private var failure: (any Error)?

  init(path: FilePath, interval: Duration, heading: Heading) {
    self.path = path
    self.interval = interval
    self.heading = heading
  }

  /// Whether the state that was written last is old enough for another.
  var isDue: Bool { ContinuousClock.now - latest >= interval }

  /// Writes a state in place of the one before. Where that fails, the file keeps the one before, and training goes on.
  func keep(_ state: TrainingState) {
    do {
      try CheckpointFile.save(
        Checkpoint(
          run: heading.run, history: heading.history, instructionSet: heading.instructionSet, state: state),
        to: path)
      failure = nil
    } catch {
      if failure == nil { FMTrain.say("\(error); training goes on, and the next checkpoint is tried again") }
      failure = error
    }
    latest = ContinuousClock.now
  }

  /// Throws if the latest state is not in the file.
  func close() throws { if let failure { throw failure } }
}
