// fm-predict predicts the class of each image of a stream with a trained model.

import ByteIO
import CommandLine
import Compute
import ModelOptions
import ModelFiles
import Inference
import Networks
import Predictions
import TensorStream
import Threading

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

  @Option(
    name: .longAndLetter("m"),
    help: ArgumentHelp(
      """
      Use this model: a file of fm-train, a state_dict that PyTorch saved (.pth, or safetensors), or the name of an \
      installed model, such as cnn. Can be repeated, to predict the mean of the models' probabilities.
      """, valueName: "model"),
    completion: .models)
  var model: [ModelPath] = []

  @OptionGroup var layers: LayerOptions<ReadModelTexts>

  @OptionGroup var scaling: ScalingOptions

  @Option(
    help: ArgumentHelp(
      """
      Predict the mean over views: none, flip (each image and its mirror image), shift=PIXELS (each also moved up-left \
      and down-right), or both separated by a comma. Takes two, three or six times as long. Refused for a model that \
      was trained without such images, unless --force. (default: as each model was evaluated in training)
      """, valueName: "views"))
  var average: Averaging?

  public static let conductOptions = ["--output-directory": true, "--keep-going": false]
  public static var manyArguments: WritableKeyPath<Self, [InputPath]>? { \.inputs }

  @OptionGroup(title: "Output options") var text: PredictionTextFlags
  @Flag(
    help:
      "With --paths or --tar, exit with status 0 even if files gave no prediction; their rows say why.")
  var keepGoing = false

  @OptionGroup(title: "Picture options") var pathOptions: PathOptions

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("Write to this file; - is standard output.", valueName: "file"), completion: .file())
  var output: OutputPath = "-"

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

  private var input: FilePath { inputs.first?.path ?? "-" }

  public var impliedFiles: [NamedFile] { inputs.isEmpty ? [NamedFile("<inputs>", .input, "-")] : [] }

  public init() {}

  public func validate() throws {
    if model.isEmpty { throw ValidationError("Missing expected argument '--model <model>'") }
    try model.checkModelsDiffer(option: "--model")
    if !(1...65_536).contains(batchSize) {
      throw ValidationError("--batch-size: expected 1 to 65536, got \(batchSize)")
    }
    try pathOptions.check(inputs, areMany: outputDirectory != nil)
    try checkShards()
    if keepGoing, !pathOptions.readsPictures {
      throw ValidationError(
        "--keep-going is for pictures that cannot be used; it needs --paths or --tar")
    }
    if pathOptions.readsPictures, text.format == .raw {
      throw ValidationError(
        "--format raw has no place for errors of pictures; choose tsv, csv or jsonl")
    }
    try layers.checkMatch()
    try layers.arch?.checkText()
  }

  public func run() throws {
    if let outputDirectory { return try predictShards(into: outputDirectory.path) }
    let target = try OutputFile(path: output.path)
    if text.format == .raw { try force.check(target, instead: "fm-predict --format raw … | fm-eval") }
    if mayBePart { expectFailure(of: target) }
    do {
      try predict(to: target)
    } catch {
      if let message = Self.message(ofFailure: error) { target.fail(saying: message) }
      throw error
    }
  }

  /// Whether the output has no header and so may become part of another output. A part that failed before its first row
  /// must then have a failure line too, or nobody would notice that it is missing.
  private var mayBePart: Bool { text.noHeader || text.format == .jsonl }

  private func expectFailure(of target: OutputFile) {
    guard text.format != .raw else { return }
    target.keepsLinesWhole = true
    target.expectFailure(of: Self.name, as: text.format == .jsonl ? .jsonLines : .table)
  }

  private func predict(to target: OutputFile) throws {
    let sources = try model.map { try ModelFile.open($0.open()) }
    // Layers given with --arch need the size of the images, which only the stream has. Otherwise the model is loaded
    // first, so that a bad model is refused before the command waits for a stream.
    let known = try layers.arch == nil ? load(sources, input: nil) : nil
    // From here on, a failure may leave records without a line.
    if !mayBePart { expectFailure(of: target) }
    let engine = try engine()
    if pathOptions.readsPictures {
      return try predictPictures(known ?? load(sources, input: nil), engine: engine, to: target)
    }
    let input = try InputFile(path: input)
    try force.check(
      input, expected: "a tensor stream", instead: "idx2raw images.gz | fm-predict --model m.safetensors")
    let reader = try TensorStreamReader(input)
    let members = try known ?? load(sources, input: reader.format.imageShape)
    try predict(reader, members, engine: engine, to: target, recording: Self.recordedCommandLine)
  }

  func engine() throws -> Engine {
    let engine = Engine(instructionSet: try InstructionSet.chosen(), jobs: jobs.count)
    if !reporting.quiet, let note = precision.note(on: engine) { Self.say(note) }
    return engine
  }

  /// Writes a row or record for each record of a stream.
  func predict(
    _ reader: TensorStreamReader, _ members: [EnsembleMember], engine: Engine, to target: OutputFile,
    recording commandLine: String
  ) throws {
    let classifier = try Classifier(
      members, reading: reader, batchCapacity: batchSize, engine: engine,
      precision: precision.precision, predictsLogarithms: text.logProbabilities, takesAnyRecipe: force.force)
    let writer = try PredictionWriter(
      target, classifier: classifier, classes: members.classes, options: text)
    try write(classifier, by: writer, isAhead: engine.workers.count > 1, to: target)
    try writer.finish(history: reader.history + [commandLine])
    try target.commit()
  }

  private func write(
    _ classifier: Classifier, by writer: PredictionWriter, isAhead: Bool, to target: OutputFile
  ) throws {
    // Predictions are computed ahead of their text, unless there is only one thread.
    var predictions = RecordBatch(format: classifier.predictionFormat)
    let ahead = ReadAhead(classifier, spare: isAhead ? [predictions] : [])
    let progress = Progress(reporting, label: "fm-predict", unit: "images", beside: target)
    var recordCount = 0
    do {
      while try ahead.next(&predictions) {
        try writer.write(predictions)
        recordCount += predictions.count
        progress.update(recordCount)
        // A sender may wait for this answer before it sends more.
        if !ahead.isReady { try target.flush() }
      }
    } catch {
      // The predictions before the error are good.
      try? target.flush()
      throw error
    }
    progress.finish()
  }

  /// Loads all models and checks that they agree on images and classes.
  func load(_ sources: [PeekedSource], input: ImageShape?) throws -> [EnsembleMember] {
    let members = try zip(model, sources).map { file, source in
      try load(source, name: file.path.inputName, input: input)
    }
    try members.checkAgreement(names: model.map(\.path.inputName), takesAnyRecipe: force.force)
    return members
  }

  private func load(
    _ source: PeekedSource, name: String, input: ImageShape?
  ) throws -> EnsembleMember {
    var model = try ModelFile.load(
      source, as: layers.arch?.specification(), input: input, matching: layers.match
    ) { if !reporting.quiet { Self.say($0) } }
    if !reporting.quiet, let note = scaling.note(on: model, name: name) { Self.say(note) }
    model.scaling = try scaling.scaling(of: model, name: name)
    return EnsembleMember(model, averaging: try averaging(of: model, name: name))
  }

  private func averaging(of model: Model, name: String) throws -> Averaging {
    if let average, average != .none, model.training == nil, !force.force, !reporting.quiet {
      let images = average.flips ? "mirrored" : "moved"
      Self.say(
        "\(name) does not say how it was trained; without \(images) images in training, --average \(average.text) makes it"
          + " worse"
      )
    }
    return try model.averaging(average, name: name, force: force.force)
  }
}
