// fm-predict: says what each image of a stream is, by a trained model.

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

@main
struct FMPredict: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-predict", abstract: "Predict the classes of a stream of images.",
    usage: "--model <model> … [<options>] [--paths|--tar] [<input> ...]",
    discussion: """
      With several models, each given by --model, the probabilities of an image are the mean of theirs. They have to be \
      for images of the same size and for the same classes; each keeps its views, pixels and temperature.

      Writes a line for each image: its name (or number, from 0), its true class if it is labelled, the predicted \
      class and its probability. Lines appear as images arrive; memory does not grow with their number. With more \
      jobs than one, reading and writing have threads of their own besides.

      If fm-predict fails, a pipe or standard output gets a last line that says so, which fm-eval refuses.

      --format raw writes a tensor stream of predictions, which holds the probability of every class; fm-eval reads \
      either. For the log loss, fm-eval bounds probabilities that are close to 0, but not \
      --log-probabilities.

      With --paths, the input is a list of PNG or JPEG files. Each gives a line, in order and as soon as no other waits: \
      if a picture cannot be used, the column 'error' says why, and the exit status is then 1, or 0 with --keep-going. \
      Pictures become \
      images by the recipe that the model learned from, if it says one; docs/recipes.md has them all. A stream whose \
      recipe is another than the model's is refused when its end tells so, unless --force.

      With --tar, the inputs are tar archives of such files, and each picture in them gives a line. An archive that is damaged \
      or was cut short has a line that says so, after those of the pictures before the damage.

      With --output-directory, each input gives an output of its own, which appears when it is whole. The same command typed \
      again makes those that are missing, and those that another model, other options or another input made. An input \
      that cannot be used is named, all others are done, and the exit status is 1. docs/predictions.md has the details.

      A model's name stands for NAME.safetensors in the folders that FM_MODELS names, colons between them, or in \
      share/fm-tools/models of the installation. A file of that name counts before it.
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
      The model: a file of fm-train, a state_dict that PyTorch saved (.pth, or safetensors), or the name of a model that \
      is installed, such as cnn. Of several, each given so, the mean of the probabilities is predicted.
      """, valueName: "model"),
    completion: .models)
  var model: [ModelPath] = []

  @OptionGroup var layers: LayerOptions<ReadModelTexts>

  @OptionGroup var scaling: ScalingOptions

  @Option(
    help: ArgumentHelp(
      """
      The mean over views: none, flip (each image and its mirror image), shift=PIXELS (each also moved up-left and \
      down-right), or both by a comma; two, three or six times the time. Refused for a model that was trained without \
      such images, unless --force. (default: as each model was judged in training)
      """, valueName: "views"))
  var average: Averaging?

  static let conductOptions = ["--output-directory": true, "--keep-going": false]
  static var manyArguments: WritableKeyPath<Self, [InputPath]>? { \.inputs }

  @OptionGroup(title: "Output options") var text: PredictionTextFlags
  @Flag(
    help:
      "With --paths or --tar: exit with status 0 also where files gave no prediction, which have their rows.")
  var keepGoing = false

  @OptionGroup(title: "Picture options") var pathOptions: PathOptions

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"), completion: .file())
  var output: OutputPath = "-"

  @Option(
    help: ArgumentHelp(
      """
      Write an output for each input into this directory, named after it, and pass over those that are there and were made by \
      the same models and options of the same input.
      """, valueName: "dir"), completion: .directory)
  var outputDirectory: OutputFolder?

  @Option(help: ArgumentHelp("Images that are computed at once, at most.", valueName: "n"))
  var batchSize = 256

  @OptionGroup var precision: PrecisionOptions
  @OptionGroup var jobs: JobsOption
  @OptionGroup var reporting: ReportingOptions
  @OptionGroup var force: ForceOption

  @Argument(
    help: ArgumentHelp(
      """
      The stream of images, or several with --output-directory; with --paths PNG or JPEG files, with --tar archives; - is \
      standard input, and the default.
      """,
      valueName: "input"),
    completion: .file())
  var inputs: [InputPath] = []

  private var input: FilePath { inputs.first?.path ?? "-" }

  var impliedFiles: [NamedFile] { inputs.isEmpty ? [NamedFile("<inputs>", .input, "-")] : [] }

  func validate() throws {
    if model.isEmpty { throw ValidationError("Missing expected argument '--model <model>'") }
    try model.checkModelsDiffer(option: "--model")
    if !(1...65_536).contains(batchSize) {
      throw ValidationError("--batch-size: expected 1 to 65536, got \(batchSize)")
    }
    try pathOptions.check(inputs, areMany: outputDirectory != nil)
    try checkShards()
    if keepGoing, !pathOptions.readsPictures {
      throw ValidationError(
        "--keep-going is about files that cannot be used, which are read with --paths or --tar")
    }
    if pathOptions.readsPictures, text.format == .raw {
      throw ValidationError(
        "--format raw has no place for the reason why a picture cannot be used; choose tsv, csv or jsonl")
    }
    try layers.checkMatch()
    try layers.arch?.checkText()
  }

  func run() throws {
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

  /// Whether the output has no header and so may become part of another: whoever puts parts together must not miss one
  /// that never began.
  private var mayBePart: Bool { text.noHeader || text.format == .jsonl }

  private func expectFailure(of target: OutputFile) {
    guard text.format != .raw else { return }
    target.keepsLinesWhole = true
    target.expectFailure(of: Self.name, as: text.format == .jsonl ? .jsonLines : .table)
  }

  private func predict(to target: OutputFile) throws {
    let sources = try model.map { try ModelFile.open($0.open()) }
    // Layers fit images of some size, which the stream tells; else a bad model is refused before a stream is waited for.
    let known = try layers.arch == nil ? load(sources, input: nil) : nil
    // From here on there may be records that get no line.
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

  /// A row or record for each record of a stream.
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
    // Predictions are made ahead of their text, unless one thread is to do it all.
    var predictions = RecordBatch(format: classifier.predictionFormat)
    let ahead = ReadAhead(classifier, spare: isAhead ? [predictions] : [])
    let progress = Progress(reporting, label: "fm-predict", unit: "images", beside: target)
    var recordCount = 0
    do {
      while try ahead.next(&predictions) {
        try writer.write(predictions)
        recordCount += predictions.count
        progress.update(recordCount)
        // Whoever waits for an answer before the next question gets it.
        if !ahead.isReady { try target.flush() }
      }
    } catch {
      // What precedes the bad is good.
      try? target.flush()
      throw error
    }
    progress.finish()
  }

  /// All models, after a check that they answer the same question.
  func load(_ sources: [LookaheadSource], input: ImageShape?) throws -> [EnsembleMember] {
    let members = try zip(model, sources).map { file, source in
      try load(source, name: file.path.inputName, input: input)
    }
    try members.checkAgreement(names: model.map(\.path.inputName), takesAnyRecipe: force.force)
    return members
  }

  private func load(
    _ source: LookaheadSource, name: String, input: ImageShape?
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
        "\(name) does not say how it was trained; if without \(images) images, --average \(average.text) makes it worse"
      )
    }
    return try model.averaging(average, name: name, force: force.force)
  }
}
