// fm-train: trains a classifier on labelled images and writes the best model.

import ByteIO
import CommandLine
import Compute
import Inspection
import ModelFiles
import NeuralNetwork
import TensorStream

@main
struct FMTrain: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-train", abstract: "Train a classifier on a stream of labelled images.",
    usage: "--arch <spec>|--from <model> -o <model> [<options>] [<stream>]",
    discussion: """
      Of all epochs, the weights with the least loss on held-out images are kept, and written as a safetensors file \
      whose tensors have PyTorch's names and layouts. The same data, options and seed give the same file, whatever \
      the number of threads.

      An architecture is a preset's name or a list of layers; the last, linear layer to the classes is implied:
        conv:CHANNELS[,kernel=3][,stride=1][,padding=(kernel-1)/2]
        pool[:2][,stride=SIZE]   relu   dropout:PROBABILITY   linear:OUTPUTS

      SIGINT or SIGTERM ends the run: the best model so far is written, and the exit status is 75.
      """,
    examples: [
      "fm-train --arch cnn --output cnn.safetensors < train.raw",
      "fm-train --arch ffnn --validation held-out.raw -o ffnn.safetensors train.raw",
      "fm-train --arch 'conv:8,kernel=5 relu pool linear:64 relu' -o m.st data.raw",
      "fm-train --from cnn.pth --learning-rate 0.0002 -o new.st train.raw",
      "fm-train --arch list",
    ])

  @OptionGroup var start: StartOptions

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("The model file to write; - is standard output.", valueName: "model"),
    completion: .file())
  var output: String?

  @OptionGroup(title: "Data options") var data: DataOptions
  @OptionGroup(title: "Training options") var training: TrainingOptions
  @OptionGroup(title: "Teacher options") var teacher: TeacherOptions
  @OptionGroup(title: "Output options") var display: DisplayOptions
  @OptionGroup var jobs: JobsOption
  @OptionGroup var reporting: ReportingOptions
  @OptionGroup var force: ForceOption

  @Argument(
    help: ArgumentHelp("The training images; - is standard input, and the default.", valueName: "stream"),
    completion: .file())
  var input = "-"

  func validate() throws {
    guard start.arch != "list" else { return }
    if output == nil { throw ValidationError("Missing expected argument '--output <model>'") }
    if start.from != nil, training.initialization != nil {
      throw ValidationError("--init draws first weights, --from takes a model's: leave out one of them")
    }
    if start.from == "-", input == "-" {
      throw ValidationError("--from - and the training images cannot both be read from standard input")
    }
    if training.average == .flip, !training.augment.flips, !force.force {
      throw ValidationError(
        "--average flip makes a model worse that is trained without mirrored images; add --augment flip, or --force it"
      )
    }
  }

  func run() throws {
    guard start.arch != "list" else { return try printPresets() }
    let engine = Engine(instructionSet: try InstructionSet.chosen(), jobs: jobs.count)
    let model = try start.open()
    let target = try modelTarget()
    BrokenPipes.ignore()
    let teaching = try teacher.load()
    let log = try display.log.map { try TrainingLog(path: $0) }
    let (train, heldOut) = try data.load(input, seed: training.seed, force: force)
    try training.augment.check(fits: train.shape)
    let start = try start.start(model, for: train, training)
    let architecture = start.architecture
    try teacher.check(teaching, fits: architecture, classes: start.classes)
    let observer = TrainingDisplay(reporting, log: log, epochs: training.epochs, judges: heldOut != nil)
    let trainer = try Trainer(
      settings: training.settings, architecture: architecture, training: train, validation: heldOut,
      engine: engine, start: start.parameters, teaching: teaching)
    if display.summary { StandardError.print(architecture.summary) }
    observer.begin(architecture, training: train.count, heldOut: heldOut?.count ?? 0)
    StopRequest.noteSignals()
    let outcome = trainer.run(observer: observer)
    observer.end(outcome)
    try save(outcome, start, train, heldOut, teaching, to: target)
    try log?.close()
  }

  /// The options as the model file keeps them.
  private func settingsRecord(_ teaching: Teaching?) -> [String: String] {
    var record = training.record.merging(teacher.record(teaching)) { $1 }
    if let from = start.from {
      record["from"] = displayed(from)
      record["init"] = nil
    }
    return record
  }

  private func printPresets() throws {
    let output = try OutputFile(path: "-")
    for preset in Architecture.presets {
      try output.write("\(preset.name)\t\(preset.specification)\n")
    }
    try output.commit()
  }

  /// The output's path, after a look at whether it can be written: in an hour it is too late to learn that it cannot.
  private func modelTarget() throws -> String {
    let path = output ?? "-"
    if path == "-" {
      try force.check(OutputFile(path: "-"), instead: "fm-train … --output model.safetensors")
    }
    try OutputFile.check(path: path)
    return path
  }

  private func save(
    _ outcome: TrainingOutcome, _ start: TrainingStart, _ train: Dataset, _ heldOut: Dataset?,
    _ teaching: Teaching?, to path: String
  ) throws {
    if let parameters = outcome.parameters, let best = outcome.best {
      let model = Model(
        architecture: start.architecture, parameters: parameters, classes: start.classes,
        history: (teaching?.history(behind: start.history) ?? start.history) + [Self.recordedCommandLine],
        training: TrainingRecord(
          seed: training.seed, settings: settingsRecord(teaching), trainingRecords: train.count,
          validationRecords: heldOut?.count ?? 0, epochsRun: outcome.epochsRun, bestEpoch: best.epoch,
          trainingLoss: best.training.loss, trainingAccuracy: best.training.accuracy,
          validationLoss: best.validation?.loss, validationAccuracy: best.validation?.accuracy))
      try ModelFile.save(model, to: path)
    }
    if let divergence = outcome.divergence {
      throw Unfinished(
        divergence: divergence, savedEpoch: outcome.parameters == nil ? nil : outcome.best?.epoch)
    }
    if outcome.wasStopped { throw Interrupted(path: path, epoch: outcome.best?.epoch) }
  }
}
