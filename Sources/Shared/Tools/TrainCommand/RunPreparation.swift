// Prepares a run: turns options and files into a trainer and everything around it.

import ByteIO
import CommandLine
import Compute
import ModelFiles
import Networks
import TensorStream
import Training

extension FMTrain {
  /// A run that is ready to begin.
  struct PreparedRun {
    let problem: LearningProblem
    let trainer: Trainer
    let observer: TrainingDisplay
    let heading: CheckpointKeeper.Heading
    let target: FilePath
    let keeper: CheckpointKeeper?
    let log: TrainingLog?
    /// The state that the run resumes from; `nil` for a new run.
    let saved: TrainingState?
  }

  /// Reads all inputs, checks that they fit each other, and prepares the run.
  func prepare(
    _ engine: Engine, _ timeLimit: TimeLimit?, _ sharing: Sharing
  ) throws -> PreparedRun {
    let model = try start.open()
    let target = try modelTarget()
    let teaching = try teacher.load()
    let saved = try checkpoints.load(reporting)
    let log =
      sharing.tells ? try display.log.map { try TrainingLog(path: $0.path, appends: saved != nil) } : nil
    let problem = try loadProblem(from: model, teaching)
    let settings = problem.settings(self.settings)
    let heading = try problem.heading(settingsRecord(problem), settings.precision, engine, saved)
    let keeper = sharing.tells ? checkpoints.keeper(for: heading) : nil
    let observer = TrainingDisplay(
      reporting, log: log, keeper: keeper, settings: settings, judges: problem.heldOut != nil,
      timeLimit: timeLimit)
    let trainer = try Trainer(
      settings: settings, architecture: problem.architecture, training: problem.training,
      validation: problem.heldOut, engine: engine, start: problem.start.parameters,
      timeLimit: timeLimit, teaching: teaching, peers: sharing.peers)
    if let saved { try checkpoints.restore(trainer, from: saved, as: heading, reporting) }
    if display.summary { StandardError.print(problem.architecture.summary) }
    return PreparedRun(
      problem: problem, trainer: trainer, observer: observer, heading: heading, target: target,
      keeper: keeper, log: log, saved: saved?.state)
  }

  /// Loads the data and the network to start from, and checks that they fit each other.
  func loadProblem(from model: PeekedSource?, _ teaching: Teaching?) throws -> LearningProblem {
    let weightFile = try training.imbalance.open(force)
    let (train, heldOut) = try data.load(inputPath, seed: training.seed, force: force)
    try settings.augmentation.check(fits: train.shape)
    warnOfOneClass(train)
    if let batch = training.batchSize?.largest, batch > train.count, !reporting.quiet {
      Self.say(
        "--batch-size \(batch): this is more than the training images; all \(train.count) make one batch")
    }
    try checkLookahead(imageCount: train.count)
    let start = try start.start(model, for: train, training, quiet: reporting.quiet)
    try checkMuon(start.architecture)
    try checkFreezing(start.architecture)
    if !reporting.quiet, start.model?.temperature != nil, !training.calibrate {
      Self.say(
        "the model of --from is calibrated, but the new one will not be; add --calibrate to calibrate it")
    }
    let recipe = RecordedRecipe.joined(train.recipe, heldOut?.recipe)
    try teacher.check(teaching, fits: start.architecture, classes: start.classes, recipe: recipe)
    return LearningProblem(
      start: start, training: train, heldOut: heldOut,
      classWeights: try classWeights(weightFile, train, start), teaching: teaching, dataRecipe: recipe)
  }

  /// Returns the requested class weights; `nil` if all classes count the same. Reports classes without training images.
  private func classWeights(
    _ file: InputFile?, _ training: Dataset, _ start: TrainingStart
  ) throws -> ClassWeights? {
    let (options, classCount) = (self.training.imbalance, start.architecture.classCount)
    if !reporting.quiet,
      let note = options.note(on: training, classes: start.classes, classCount: classCount)
    {
      Self.say(note)
    }
    return try options.weights(file, training, classes: start.classes, classCount: classCount)
  }

  /// Warns if all training images have the same class.
  private func warnOfOneClass(_ data: Dataset) {
    guard !reporting.quiet, let label = data.labels.first, data.labels.allSatisfy({ $0 == label }) else {
      return
    }
    let name = data.classes.map { "'\(displayed($0[Int(label)]))'" } ?? "\(label)"
    Self.say(
      "warning: \(data.count == 1 ? "the only training image is" : "all \(data.count) training images are") of class"
        + " \(name): nothing can be learned from one class")
  }

  /// Returns the options that shape the run, by their long names.
  private func settingsRecord(_ problem: LearningProblem) -> [String: String] {
    var record = training.record(for: start.preset).merging(teacher.record(problem.teaching)) { $1 }
    record["class-weights"] = problem.classWeights?.text
    record[RunDescription.seedKey] = "\(training.seed)"
    if let from = start.from {
      record["from"] = from.path.displayed
      record["init"] = nil
      if start.newOutput { record["new-output"] = "true" }
    }
    return record
  }

  /// Returns the path to write the model to. Refuses standard output if it is a terminal.
  func modelTarget() throws -> FilePath {
    let path = output?.path ?? "-"
    if path.isStandardStream {
      try force.check(OutputFile(path: path), instead: "fm-train … --output model.safetensors")
    }
    return path
  }
}
