// The command fm-train: trains a classifier on labelled images and writes the best model.

import ByteIO
import CommandLine
import Compute
import Inspection
import ModelFiles
import Networks
import Training
import TensorStream

public struct FMTrain: Tool {
  public static let configuration = CommandConfiguration.tool(
    "fm-train", abstract: "Train a classifier on a stream of labelled images.",
    usage: "--arch <spec>|--from <model> -o <model> [<options>] [<stream>]",
    discussion: """
      fm-train keeps the weights of the epoch with the lowest loss on held-out images, and writes them as a \
      safetensors file with PyTorch's names and layouts. The same data, options and seed give the same file, whatever \
      the number of threads.

      An architecture is the name of a preset, or a list of layers and blocks:
        conv:CHANNELS[,kernel=3][,stride=1][,padding=P][,groups=1][,dilation=1]
        norm   layernorm   relu   leaky   gelu   silu   hardswish   tanh   sigmoid
        pool[:2][,stride=SIZE][,padding=0]   pool:average   pool:global
        linear:OUTPUTS   dropout:PROBABILITY   scale:FACTOR
        residual( main | shortcut )   concat( branch | branch )   3*( repeated )
      docs/networks.md explains each. conv and linear also take bias=no. A conv that reads the image takes whiten=yes, \
      for fixed kernels that whiten patches of the training images. Padding defaults to half the kernel, rounded down. \
      # begins a comment. The output layer, linear with one output per class, is implied; write linear:classes to give \
      it an option. A linear layer with that many outputs at the end is taken as the output layer.

      Each preset has its own defaults for the training options; --arch list shows them. Options that you give take \
      precedence. Other architectures, and --from, use the defaults below. The presets mirror training images: for \
      digits and letters, add --augment none.

      On SIGINT, SIGTERM or SIGHUP, fm-train writes the best model so far and exits with status 75. With --checkpoint \
      and --resume, the same command continues a run, however it ended, and writes the same bytes as an uninterrupted \
      run. The data and the options that shape the training must be the same.

      --calibrate fits a temperature to the outputs of the best weights on the held-out images, and stores it in the \
      model. With --from and --epochs 0, it calibrates an existing model: on the held-out share of the stream, which is \
      the same for the same --seed, or on the stream that --validation names.

      --lr-find trains no model. It raises the learning rate from 1e-7 to 10 in 400 steps, and prints the curve of the \
      loss and the rate at which the loss falls fastest.
      """,
    examples: [
      "fm-train --arch cnn --output cnn.safetensors < train.raw",
      "fm-train --arch ffnn --validation held-out.raw -o ffnn.safetensors train.raw",
      "fm-train --arch cnn --epochs 5 -o quick.safetensors train.raw",
      "fm-train --arch 'conv:8,kernel=5 relu pool linear:64 relu' -o m.st data.raw",
      "fm-train --arch 'conv:8 3*( residual( conv:8 norm relu ) )' -o m.st data.raw",
      "fm-train --from cnn.pth --learning-rate 0.0002 -o new.st train.raw",
      "fm-train --from m.st --new-output --epochs 5 -o other.st other-classes.raw",
      "fm-train --from m.st --epochs 0 --calibrate --validation held.raw -o n.st",
      "fm-train --arch cnn -o m.st --checkpoint run.st --resume train.raw",
      "fm-train --arch cnn --lr-find train.raw",
      "fm-train --arch cnn --augment rotate=9 --show-augmented a.png train.raw",
      "fm-train --arch list",
    ])

  @OptionGroup var start: StartOptions

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("Write the model to this file; - is standard output.", valueName: "model"),
    completion: .file())
  var output: OutputPath?

  @OptionGroup(title: "Data options") var data: DataOptions
  @OptionGroup(title: "Training options") var training: TrainingOptions
  @OptionGroup(title: "Teacher options") var teacher: TeacherOptions
  @OptionGroup(title: "Checkpoint options") var checkpoints: CheckpointOptions
  @OptionGroup(title: "Output options") var display: DisplayOptions

  @Flag(help: "Search for a learning rate and print the result; train no model.")
  var lrFind = false

  @OptionGroup var jobs: JobsOption
  @OptionGroup var reporting: ReportingOptions
  @OptionGroup var force: ForceOption

  @Argument(
    help: ArgumentHelp("The training images; - is standard input, the default.", valueName: "stream"),
    completion: .streams)
  var input: InputPath?

  var inputPath: FilePath { input?.path ?? "-" }

  public init() {}

  public func validate() throws {
    guard !start.listsPresets else { return }
    if let sheet = display.showAugmented {
      try validateAugmentedSheet(sheet)
    } else if lrFind {
      try validateRangeTest()
    } else if output == nil {
      throw ValidationError("Missing expected argument '--output <model>'")
    }
    try training.checkOptimizer(for: start.preset)
    if !onlyCalibrates { try training.checkEpochs(for: start.preset) }
    if training.freezeStatistics, start.from == nil {
      throw ValidationError(
        "--freeze-statistics keeps the statistics of a model: add --from, or leave it out")
    }
    if case .pools(let size) = training.shuffle, training.imbalance.sample == .balanced {
      throw ValidationError(
        "--shuffle \(size): --sample balanced draws single images from the whole stream: leave out one of them"
      )
    }
    if data.holdsOutNothing {
      let useless = [
        ("--calibrate", training.calibrate), ("--patience", training.patience != nil),
        ("--monitor accuracy", training.monitor == .accuracy),
        ("--monitor macro.recall", training.monitor == .macroRecall),
      ]
      if let option = useless.first(where: \.1)?.0 {
        throw ValidationError(
          "\(option) needs held-out images, but --validation 0 holds out none: leave out one of them")
      }
    }
    if start.from != nil, training.initialization != nil {
      throw ValidationError("--init draws first weights, but --from takes a model's: leave out one of them")
    }
    if onlyCalibrates { return try validateCalibration() }
    if !force.force { try checkViews() }
  }

  /// Throws if held-out images would be judged by views that training never shows.
  private func checkViews() throws {
    if settings.averaging.flips, !settings.augmentation.flips {
      throw ValidationError(
        "--average flip harms a model that is trained without mirrored images; add --augment flip, or use --force"
      )
    }
    if settings.averaging.shift > settings.augmentation.shift {
      let shift = settings.averaging.shift
      throw ValidationError(
        "--average shift=\(shift) harms a model that is trained without images moved that far; add --augment"
          + " shift=\(shift), or use --force")
    }
  }

  public func run() throws { try run(with: nil) }

  /// Runs the command. If other processes share the run, each is given the same options.
  public func run(with peers: (any RunPeers)?) throws {
    var command = self
    if let peers, peers.rank > 0 {
      command.reporting.quiet = true
      command.display.summary = false
    }
    try command.run(Sharing(peers))
  }

  /// The first option or argument that several processes cannot share; `nil` if there is none.
  public var optionOfOneProcess: String? {
    if start.listsPresets { return "--arch list" }
    if display.showAugmented != nil { return "--show-augmented" }
    if lrFind { return "--lr-find" }
    if onlyCalibrates { return "--epochs 0" }
    if inputPath.isStandardStream { return "standard input" }
    return nil
  }

  private func run(_ sharing: Sharing) throws {
    guard !start.listsPresets else { return try printPresets() }
    // The time limit includes reading the data.
    let timeLimit = training.timeLimit.map { TimeLimit(seconds: $0.seconds) }
    let engine = Engine(instructionSet: try InstructionSet.chosen(), jobs: jobs.count)
    if !reporting.quiet, let note = training.precision.note(on: engine) { Self.say(note) }
    BrokenPipes.ignore()
    if let sheet = display.showAugmented { return try showAugmented(sheet, engine) }
    if lrFind { return try findLearningRate(engine) }
    if onlyCalibrates { return try calibrate(engine) }
    let run = try sharing.agree { try prepare(engine, timeLimit, sharing) }
    // Signals are caught before the run reports anything: whoever reads the report may stop the run.
    StopRequest.noteSignals()
    run.observer.begin(run.problem, resuming: run.saved)
    let outcome = run.trainer.run(observer: run.observer)
    try sharing.finish(outcome) {
      if let calibration = outcome.calibration { tell(calibration, before: nil, run.log) }
      run.observer.end(outcome)
      try save(outcome, of: run.heading, to: run.target, run.keeper)
      try run.log?.close()
    }
  }

  /// The settings of the training: the given options, and the preset's settings for the others.
  var settings: TrainingSettings { training.settings(for: start.preset) }

  private func printPresets() throws {
    let output = try OutputFile(path: "-")
    for preset in Architecture.presets {
      try output.write("\(preset.name)\t\(preset.specification)\t\(preset.options)\n")
    }
    try output.commit()
  }

  /// Whether `--output` may replace the model of `--from`. It may: the old model is read before training begins, and is
  /// kept until the new one is complete. A checkpoint may not be replaced, since it holds more than a model.
  public func mayReplace(_ input: NamedFile, by output: NamedFile) -> Bool {
    input.name == "--from" && output.name == "--output" && input.path.descriptor(standardStream: 0) == nil
      && !CheckpointFile.isCheckpoint(path: input.path)
  }
}
