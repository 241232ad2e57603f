// The input of a run: the network to start from, the images and the teachers. Also writes the resulting model.

import ByteIO
import CommandLine
import Compute
import KernelInterface
import ModelFiles
import Networks
import Training
import TensorStream

/// The input of a run.
struct LearningProblem {
  let start: TrainingStart
  let training: Dataset
  let heldOut: Dataset?
  /// The weights of the classes; `nil` if all classes count the same.
  let classWeights: ClassWeights?
  let teaching: Teaching?
  /// How pictures became the images, as the training and held-out data record it.
  let dataRecipe: RecordedRecipe?

  var architecture: Architecture { start.architecture }

  /// Returns `chosen`, the settings from the options, completed with those that depend on the data and the model.
  func settings(_ chosen: TrainingSettings) -> TrainingSettings {
    var settings = chosen
    settings.scaling = start.scaling
    settings.classWeights = classWeights
    return settings
  }

  /// The recipe to record in the resulting model. It is the data's, since training adapts the model to the new images,
  /// or else the one of the model to start from.
  private var recipe: RecordedRecipe? {
    RecordedRecipe.joined(dataRecipe, start.model?.recipe)
  }

  /// The pixel normalisation as a setting of the run; empty if there is none.
  private var scalingRecord: [String: String] {
    start.scaling.isNone ? [:] : ["mean, std": start.scaling.text]
  }

  /// Returns the description of the run that its checkpoints record. A resumed run keeps its original history, since
  /// the model does not depend on the command line that resumes the run.
  func heading(
    _ settings: [String: String], _ precision: Precision, _ engine: Engine, _ saved: Checkpoint?
  ) throws -> CheckpointKeeper.Heading {
    CheckpointKeeper.Heading(
      run: RunDescription(
        architecture: architecture, classes: start.classes, recipe: recipe,
        scaling: start.scaling, settings: settings.merging(scalingRecord) { $1 },
        training: try training.fingerprint(), heldOut: try heldOut?.fingerprint()),
      history: saved?.history ?? (teaching?.history(after: start.history) ?? start.history) + [
        FMTrain.recordedCommandLine
      ],
      instructionSet: engine.instructionSet.roundingLike(precision).rawValue)
  }
}

extension FMTrain {
  /// Options that do not influence what is learned, only where and how often results are written. They are not
  /// recorded, so that models of the same training are equal whatever their file names. The value says whether an
  /// argument follows.
  public static var conductOptions: [String: Bool] {
    [
      "-o": true, "--output": true, "--checkpoint": true, "--checkpoint-every": true, "--resume": false,
      "--log": true, "--summary": false, "--memory": true,
    ]
  }

  /// Writes a model. If that fails, writes it to another place, since training may have taken long, and throws
  /// ``ModelNotSaved``.
  func save(_ model: Model, to path: FilePath, _ keeper: CheckpointKeeper?) throws {
    do {
      try ModelFile.save(model, to: path)
    } catch let failure as FileError {
      // If the file is complete already, the error names it.
      let kept = failure.keepsContents ? nil : ModelFile.keep(model, insteadOf: path)
      throw ModelNotSaved(failure: failure, path: path, kept: kept, checkpoint: keeper?.path)
    }
  }

  /// Writes the best model, and throws if the run did not reach its end.
  func save(
    _ outcome: TrainingOutcome, of heading: CheckpointKeeper.Heading, to path: FilePath,
    _ keeper: CheckpointKeeper?
  ) throws {
    if let parameters = outcome.parameters, let best = outcome.best {
      let model = Model(
        architecture: heading.run.architecture, parameters: parameters, classes: heading.run.classes,
        history: heading.history, recipe: heading.run.recipe,
        training: heading.run.record(of: best, epochsRun: outcome.epochsRun),
        scaling: heading.run.scaling, temperature: outcome.calibration?.temperature)
      OutputFile.removeLeftovers(of: path)
      try save(model, to: path, keeper)
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
