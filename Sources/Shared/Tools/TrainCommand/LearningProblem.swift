// What is learned, from what: the input of a run. And the model that comes of it.

import ByteIO
import CommandLine
import Compute
import KernelInterface
import ModelFiles
import Networks
import Training
import TensorStream

struct LearningProblem {
  let start: TrainingStart
  let training: Dataset
  let heldOut: Dataset?
  /// `nil`: all classes count the same.
  let classWeights: ClassWeights?
  let teaching: Teaching?
  /// What the data says of how pictures became its images.
  let dataRecipe: RecordedRecipe?

  var architecture: Architecture { start.architecture }

  /// The settings that the options make, with what only the data and the model tell.
  func settings(_ chosen: TrainingSettings) -> TrainingSettings {
    var settings = chosen
    settings.scaling = start.scaling
    settings.classWeights = classWeights
    return settings
  }

  /// The recipe of pictures for the model that comes of the run: the data's, since a model that goes on learning learns
  /// the new images; where the data says nothing, that of the model to begin with.
  private var recipe: RecordedRecipe? {
    RecordedRecipe.joined(dataRecipe, start.model?.recipe)
  }

  /// What is not in force is left out.
  private var scalingRecord: [String: String] {
    start.scaling.isNone ? [:] : ["mean, std": start.scaling.text]
  }

  /// What checkpoints of the run say of it. A run that goes on keeps the history with which it began: by what command
  /// line it is taken up again does not matter to the model.
  func heading(
    _ settings: [String: String], _ precision: Precision, _ engine: Engine, _ saved: Checkpoint?
  ) throws -> CheckpointKeeper.Heading {
    CheckpointKeeper.Heading(
      run: RunDescription(
        architecture: architecture, classes: start.classes, recipe: recipe,
        scaling: start.scaling, settings: settings.merging(scalingRecord) { $1 },
        training: try training.fingerprint(), heldOut: try heldOut?.fingerprint()),
      history: saved?.history ?? (teaching?.history(behind: start.history) ?? start.history) + [
        FMTrain.recordedCommandLine
      ],
      instructionSet: engine.instructionSet.roundingLike(precision).rawValue)
  }
}

extension FMTrain {
  /// These say where to and how often, and nothing of what is learned: models by different names can be compared.
  public static var conductOptions: [String: Bool] {
    [
      "-o": true, "--output": true, "--checkpoint": true, "--checkpoint-every": true, "--resume": false,
      "--log": true, "--summary": false, "--memory": true,
    ]
  }

  /// Writes a model; what a training took long to find out is kept elsewhere, where it cannot be written.
  func save(_ model: Model, to path: FilePath, _ keeper: CheckpointKeeper?) throws {
    do {
      try ModelFile.save(model, to: path)
    } catch let failure as FileError {
      // A file that is whole already is named by the error.
      let kept = failure.keepsContents ? nil : ModelFile.keep(model, insteadOf: path)
      throw ModelNotSaved(failure: failure, path: path, kept: kept, checkpoint: keeper?.path)
    }
  }

  /// Writes the best model, and throws where the run did not come to its end.
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
