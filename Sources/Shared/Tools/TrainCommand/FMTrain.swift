// The command fm-train: trains a classifier on labelled images and writes the best model.

import ByteIO
import ChartRemedies  // What to type after the errors of libraries.
import CommandLine
import DataRemedies
import JudgingRemedies
import LearningRemedies

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

  /// The stream of training images.
  var inputPath: FilePath { input?.path ?? "-" }

  /// Options that do not influence what is learned, only where and how often results are written. They are not
  /// recorded, so that models of the same training are equal whatever their file names. The value says whether an
  /// argument follows.
  public static var conductOptions: [String: Bool] {
    [
      "-o": true, "--output": true, "--checkpoint": true, "--checkpoint-every": true, "--resume": false,
      "--log": true, "--summary": false, "--memory": true,
    ]
  }

  public init() {}

  public func validate() throws { try TrainingOptionChecks(self).check() }

  public func run() throws { try run(with: nil) }

  /// Performs the task of the command line. If other processes share the run, each is given the same options.
  public func run(with peers: (any RunPeers)?) throws {
    var options = self
    if let peers, peers.rank > 0 {
      options.reporting.quiet = true
      options.display.summary = false
    }
    try TrainingTask(options).perform(options, Sharing(peers))
  }
}
