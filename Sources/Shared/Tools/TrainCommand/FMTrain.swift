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
      Of all epochs, the weights with the least loss on held-out images are kept, and written as a safetensors file \
      whose tensors have PyTorch's names and layouts. The same data, options and seed give the same file, whatever \
      the number of threads.

      An architecture is a preset's name, or layers and blocks, which docs/networks.md explains:
        conv:CHANNELS[,kernel=3][,stride=1][,padding=P][,groups=1][,dilation=1]
        norm layernorm   relu leaky gelu silu hardswish tanh sigmoid   dropout:PROBABILITY
        pool[:2][,stride=SIZE][,padding=0]   pool:average   pool:global
        linear:OUTPUTS   scale:FACTOR   3*( repeated )
        residual( main | shortcut )   concat( branch | branch )

      conv and linear take bias=no, a first conv whiten=yes: fixed kernels that whiten \
      patches of the training images. The default padding is half the kernel, rounded down. # begins a \
      comment. The last layer, linear to the classes, is implied; write linear:classes to give it an \
      option. A linear layer at the end with one output for each class is taken for it.
      A preset comes with settings of its own for the training options, which --arch list shows; an option that is \
      given counts, and other architectures and --from have the defaults named below. The presets' settings are for \
      pictures whose mirror image is as good: for digits and letters, add --augment none.

      SIGINT, SIGTERM or SIGHUP ends the run: the best model so far is written, and the exit status is 75. With --checkpoint \
      and --resume, the same command goes on where it was, however it ended, and writes the model that an \
      uninterrupted run writes, byte by byte. Its data and the options that shape the training have to be the same.

      With --calibrate, a temperature is fitted to what the best weights say of the held-out images, and kept in the model. \
      With --from and --epochs 0, a model that exists gets one: from the held-out share of the stream, which is the \
      same with the same --seed, or from the stream that --validation names.

      With --lr-find, no model is trained: in 400 steps the learning rate rises from 1e-7 to 10, and the curve of the \
      loss is printed, with the rate at which it falls fastest.
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
    help: ArgumentHelp("The model file to write; - is standard output.", valueName: "model"),
    completion: .file())
  var output: OutputPath?

  @OptionGroup(title: "Data options") var data: DataOptions
  @OptionGroup(title: "Training options") var training: TrainingOptions
  @OptionGroup(title: "Teacher options") var teacher: TeacherOptions
  @OptionGroup(title: "Checkpoint options") var checkpoints: CheckpointOptions
  @OptionGroup(title: "Output options") var display: DisplayOptions

  @Flag(help: "Look for a learning rate, and print what is found; no model is trained.")
  var lrFind = false

  @OptionGroup var jobs: JobsOption
  @OptionGroup var reporting: ReportingOptions
  @OptionGroup var force: ForceOption

  @Argument(
    help: ArgumentHelp("The training images; - is standard input, and the default.", valueName: "stream"),
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
        "--freeze-statistics keeps those of a model: add --from, or leave it out")
    }
    if case .pools(let size) = training.shuffle, training.imbalance.sample == .balanced {
      throw ValidationError(
        "--shuffle \(size): --sample balanced draws single images of each class from everywhere: leave out one of them"
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
          "\(option) judges held-out images, and --validation 0 holds out none: leave out one of them")
      }
    }
    if start.from != nil, training.initialization != nil {
      throw ValidationError("--init draws first weights, --from takes a model's: leave out one of them")
    }
    if onlyCalibrates { return try validateCalibration() }
    if !force.force { try checkViews() }
  }

  /// Whether held-out images are judged by views that are taught.
  private func checkViews() throws {
    if settings.averaging.flips, !settings.augmentation.flips {
      throw ValidationError(
        "--average flip makes a model worse that is trained without mirrored images; add --augment flip, or --force it"
      )
    }
    if settings.averaging.shift > settings.augmentation.shift {
      let shift = settings.averaging.shift
      throw ValidationError(
        "--average shift=\(shift) makes a model worse that is trained without images moved so far; add --augment"
          + " shift=\(shift), or --force it")
    }
  }

  public func run() throws { try run(with: nil) }

  /// The same, where other processes share the run; each is given the same options.
  public func run(with peers: (any RunPeers)?) throws {
    var command = self
    if let peers, peers.rank > 0 {
      command.reporting.quiet = true
      command.display.summary = false
    }
    try command.run(Sharing(peers))
  }

  /// The first option, or argument, that makes no sense for several processes; `nil` if there is none.
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
    // What time there is counts from here: the data is read in it, too.
    let timeLimit = training.timeLimit.map { TimeLimit(seconds: $0.seconds) }
    let engine = Engine(instructionSet: try InstructionSet.chosen(), jobs: jobs.count)
    if !reporting.quiet, let note = training.precision.note(on: engine) { Self.say(note) }
    BrokenPipes.ignore()
    if let sheet = display.showAugmented { return try showAugmented(sheet, engine) }
    if lrFind { return try findLearningRate(engine) }
    if onlyCalibrates { return try calibrate(engine) }
    let run = try sharing.agree { try prepare(engine, timeLimit, sharing) }
    // Before anything is told of the run: whoever reads of it may stop it.
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

  /// What shapes the training, with the preset's own settings where no option is given.
  var settings: TrainingSettings { training.settings(for: start.preset) }

  private func printPresets() throws {
    let output = try OutputFile(path: "-")
    for preset in Architecture.presets {
      try output.write("\(preset.name)\t\(preset.specification)\t\(preset.options)\n")
    }
    try output.commit()
  }

  /// A model that is trained on may be replaced: it is read before the training, and kept until the new one is whole. A
  /// checkpoint is more than a model.
  public func mayReplace(_ input: NamedFile, by output: NamedFile) -> Bool {
    input.name == "--from" && output.name == "--output" && input.path.descriptor(standardStream: 0) == nil
      && !CheckpointFile.isCheckpoint(path: input.path)
  }
}
