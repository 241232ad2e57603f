// The command fm-predict: predicts the class of each image with a trained model.

import ArchiveRemedies  // What to type after the errors of libraries.
import ByteIO
import CommandLine
import DataRemedies
import LearningRemedies
import ModelOptions

public struct FMPredict: Tool {
  public static let configuration = CommandConfiguration.tool(
    "fm-predict", abstract: "Predict the classes of a stream of images.",
    usage: "--model <model> … [<options>] [--paths|--tar] [<input> ...]",
    discussion: """
      With several models, each given with --model, the probabilities of an image are the mean of those that the models \
      predict. The models must be for images of the same size and for the same classes. Each keeps its own views, pixel \
      scaling and temperature.

      Writes a line for each image: its name (or number, from 0), its true class if it is labelled, the predicted \
      class and its probability. Lines appear as images arrive, and memory does not grow with their number. With more \
      than one job, reading and writing have additional threads.

      If fm-predict fails, it writes a last line to a pipe or standard output that says so. fm-eval refuses such output.

      --format raw writes a tensor stream of predictions, which holds the probability of every class; fm-eval reads \
      either. For the log loss, fm-eval bounds probabilities that are close to 0, but not \
      --log-probabilities.

      With --paths, the input is a list of PNG or JPEG files. Each gives a line, in order and without waiting for more \
      input. If a picture cannot be used, the column 'error' says why, and the exit status is 1, or 0 with \
      --keep-going. The recipe that the model learned from, if it records one, turns pictures into images; \
      docs/recipes.md describes all recipes. A stream made by a recipe other than the model's is refused at its end, \
      unless --force.

      With --tar, the inputs are tar archives of such files, and each picture in them gives a line. If an archive is \
      damaged or truncated, a line says so after the lines of the pictures before the damage.

      With --output-directory, each input gets an output of its own, which appears when it is complete. The same \
      command, run again, makes the outputs that are missing, and those that come from another model, other options or \
      another input. An input that cannot be used is reported, all others are predicted, and the exit status is 1. \
      docs/predictions.md has the details.

      A model's name stands for NAME.safetensors in the folders that FM_MODELS lists, separated by colons, or in \
      share/fm-tools/models of the installation. A file of that name takes precedence.
      """,
    examples: [
      "idx2raw t10k-images.gz t10k-labels.gz |",
      "  fm-predict --model cnn.safetensors | fm-eval",
      "fm-predict --model cnn.safetensors --top 3 test.raw",
      "fm-predict -m cnn.safetensors --thresholds thresholds.tsv test.raw",
      "fm-predict -m one.st -m two.st -m three.st test.raw | fm-eval",
      "fm-predict -m cnn.safetensors --format jsonl --probabilities < test.raw",
      "find . -name '*.png' | fm-predict -m cnn.safetensors --paths",
      "fm-predict -m cnn.safetensors --tar shard-*.tar.gz > predictions.tsv",
      "find . -name '*.png' -print0 | xargs -0 fm-predict -m m.st --paths",
      "fm-predict -m m.st --output-directory predictions shard-*.raw",
      "parallel --pipe fm-predict -m m.st --paths --no-header < names.txt",
    ])

  @OptionGroup var models: MemberOptions

  public static let conductOptions = ["--output-directory": true, "--keep-going": false]
  public static var manyArguments: WritableKeyPath<Self, [InputPath]>? { \.inputs }

  @OptionGroup(title: "Output options") var text: PredictionTextFlags
  @Flag(
    help:
      "With --paths or --tar, exit with status 0 even if files gave no prediction; their rows say why.")
  var keepGoing = false

  @OptionGroup(title: "Picture options") var pathOptions: PathOptions

  @OptionGroup var output: OutputOption

  @Option(
    help: ArgumentHelp(
      """
      Write an output for each input into this directory, named after the input. Skip outputs that already exist, if \
      the same models and options made them from the same input.
      """, valueName: "dir"), completion: .directory)
  var outputDirectory: OutputFolder?

  @Option(help: ArgumentHelp("Compute at most this number of images together.", valueName: "n"))
  var batchSize = 256

  @OptionGroup var precision: PrecisionOptions
  @OptionGroup var jobs: JobsOption
  @OptionGroup var reporting: ReportingOptions
  @OptionGroup var force: ForceOption

  @Argument(
    help: ArgumentHelp(
      """
      Read this stream of images, or several with --output-directory; with --paths, PNG or JPEG files; with --tar, \
      archives. - is standard input, and the default.
      """,
      valueName: "input"),
    completion: .file())
  var inputs: [InputPath] = []

  public var impliedFiles: [NamedFile] { inputs.isEmpty ? [NamedFile("<input>", .input, "-")] : [] }

  public init() {}

  public func validate() throws { try PredictionOptionChecks(self).check() }

  public func run() throws {
    if let outputDirectory {
      var run = try ShardRun(self, into: outputDirectory.path)
      try run.predictAll()
    } else {
      try SingleOutput(self).write()
    }
  }
}
