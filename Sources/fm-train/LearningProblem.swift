// What is learned, from what: the input of a run. And the model that comes of it.

import ByteIO
import CommandLine
import Compute
import ModelFiles
import NeuralNetwork

struct LearningProblem {
  let start: TrainingStart
  let training: Dataset
  let heldOut: Dataset?
  let teaching: Teaching?

  var architecture: Architecture { start.architecture }

  /// What checkpoints of the run say of it. A run that goes on keeps the history with which it began: by what command
  /// line it is taken up again does not matter to the model.
  func heading(
    _ settings: [String: String], _ engine: Engine, _ saved: Checkpoint?
  ) -> CheckpointKeeper.Heading {
    CheckpointKeeper.Heading(
      run: RunDescription(
        architecture: architecture, classes: start.classes, settings: settings,
        training: training.fingerprint, heldOut: heldOut?.fingerprint),
      history: saved?.history ?? (teaching?.history(behind: start.history) ?? start.history) + [
        FMTrain.recordedCommandLine
      ],
      instructionSet: engine.instructionSet.rawValue)
  }
}

extension FMTrain {
  /// These say where to and how often, and nothing of what is learned: models by different names can be compared.
  static var conductOptions: [String: Bool] {
    [
      "-o": true, "--output": true, "--checkpoint": true, "--checkpoint-every": true, "--resume": false,
      "--log": true, "--summary": false,
    ]
  }

  /// Writes the best model, and throws where the run did not come to its end.
  func save(
    _ outcome: TrainingOutcome, of heading: CheckpointKeeper.Heading, to path: String,
    _ keeper: CheckpointKeeper?
  ) throws {
    if let parameters = outcome.parameters, let best = outcome.best {
      let model = Model(
        architecture: heading.run.architecture, parameters: parameters, classes: heading.run.classes,
        history: heading.history, training: heading.run.record(of: best, epochsRun: outcome.epochsRun))
      OutputFile.removeLeftovers(of: path)
      try ModelFile.save(model, to: path)
    }
    if let divergence = outcome.divergence {
      throw Unfinished(
        divergence: divergence, savedEpoch: outcome.parameters == nil ? nil : outcome.best?.epoch)
    }
    try keeper?.close()
    if outcome.wasStopped {
      throw Interrupted(path: path, epoch: outcome.best?.epoch, checkpoint: keeper?.path)
    }
  }
}
