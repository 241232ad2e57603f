// The input of a run: the network to start from, the images and the teachers.

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
    _ options: FMTrain, _ engine: Engine, _ saved: Checkpoint?
  ) throws -> CheckpointKeeper.Heading {
    CheckpointKeeper.Heading(
      run: RunDescription(
        architecture: architecture, classes: start.classes, recipe: recipe,
        scaling: start.scaling, settings: record(of: options).merging(scalingRecord) { $1 },
        training: try training.fingerprint(), heldOut: try heldOut?.fingerprint()),
      history: saved?.history ?? (teaching?.history(after: start.history) ?? start.history) + [
        FMTrain.recordedCommandLine
      ],
      instructionSet: engine.instructionSet.roundingLike(options.settings.precision).rawValue)
  }

  /// Returns the options that shape the run, by their long names.
  private func record(of options: FMTrain) -> [String: String] {
    var record = options.training.record(for: options.start.preset)
      .merging(options.teacher.record(teaching)) { $1 }
    record["class-weights"] = classWeights?.text
    record[RunDescription.seedKey] = "\(options.training.seed)"
    if let from = options.start.from {
      record["from"] = from.path.displayed
      record["init"] = nil
      if options.start.newOutput { record["new-output"] = "true" }
    }
    return record
  }
}

// MARK: - Loading

extension LearningProblem {
  /// Loads the data and the network to start from, and checks that they fit each other.
  init(_ options: FMTrain, from model: PeekedSource?, teaching: Teaching?) throws {
    let checks = ProblemChecks(options)
    let weightFile = try options.training.imbalance.open(options.force)
    let (training, heldOut) = try options.data.load(
      options.inputPath, seed: options.training.seed, force: options.force)
    try checks.check(training)
    if heldOut == nil, let option = options.training.optionOnHeldOut {
      throw UsageError(
        "\(option) needs held-out images, but --validation \(options.data.validation) holds out none of \(training.count);"
          + " hold out more, or leave it out")
    }
    let start = try options.start.start(
      model, for: training, options.training, quiet: options.reporting.quiet)
    try checks.check(start)
    let recipe = RecordedRecipe.joined(training.recipe, heldOut?.recipe)
    try options.teacher.check(teaching, fits: start.architecture, classes: start.classes, recipe: recipe)
    self.init(
      start: start, training: training, heldOut: heldOut,
      classWeights: try Self.classWeights(options, weightFile, training, start), teaching: teaching,
      dataRecipe: recipe)
  }

  /// Returns the requested class weights; `nil` if all classes count the same. Reports classes without training images.
  private static func classWeights(
    _ options: FMTrain, _ file: InputFile?, _ training: Dataset, _ start: TrainingStart
  ) throws -> ClassWeights? {
    let (imbalance, classCount) = (options.training.imbalance, start.architecture.classCount)
    if !options.reporting.quiet,
      let note = imbalance.note(on: training, classes: start.classes, classCount: classCount)
    {
      FMTrain.say(note)
    }
    return try imbalance.weights(file, training, classes: start.classes, classCount: classCount)
  }
}
