// fm-export: converts a model to a file for other tools.

import ByteIO
import CommandLine
import ModelOptions
import Inference
import ModelFiles
import Networks
import TensorStream

extension TensorType: ExpressibleByArgument {}
extension ModelFormat: ExpressibleByArgument {}

@main
struct FMExport: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-export", abstract: "Convert a model to a file for PyTorch, ONNX runtimes and other tools.",
    usage: "<model> [--to <format>] [--output <file>] [<options>]",
    discussion: """
      pth is PyTorch's state_dict, for torch.load(file, weights_only=True) and load_state_dict. It holds only the \
      weights and running statistics, with the names and shapes that fm-info lists.

      onnx is the whole network. Its input is unscaled pixels, bytes from 0 to 255, as images [batch, channels, height, \
      width] in batches of any size. Its output is logits [batch, classes]; softmax turns them into probabilities. They \
      are fm-predict's logits: averaged over views if fm-predict averages, and divided by the temperature if the model \
      is calibrated. The metadata has the class names and how the model was trained.

      safetensors is fm-tools' own format.

      --type float16 or bfloat16 halves the space that weights take. They are rounded to nearest; running statistics \
      stay float32. From a checkpoint, each format takes the network as the last step left it.
      """,
    examples: [
      "fm-export cnn.safetensors --output cnn.onnx",
      "fm-export cnn.safetensors --to pth > cnn.pth",
      "fm-export cnn.pth --output cnn.safetensors",
      "fm-export cnn.safetensors --type bfloat16 --output small.safetensors",
      "fm-train --arch cnn -o - < train.raw | fm-export - --to onnx > cnn.onnx",
    ])

  @Option(help: ArgumentHelp("Write this format. (default: by the ending of --output)", valueName: "format"))
  var to: ModelFormat?

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("Write to this file; - is standard output.", valueName: "file"), completion: .file())
  var output: OutputPath = "-"

  @OptionGroup var layers: LayerOptions<ReadModelTexts>

  @OptionGroup var scaling: ScalingOptions

  @Option(
    help: ArgumentHelp(
      "The size of the images, if the file does not say: 28x28 (the default), or 32x32x3 for colour images.",
      valueName: "size"), transform: ImageShape.spelled)
  var size: ImageShape?

  @Option(
    help: ArgumentHelp(
      "For pth and safetensors: write weights in this type.", valueName: "type")
  )
  var type = TensorType.float32

  @Option(
    help: ArgumentHelp(
      """
      For onnx: answer with the mean over these views: none (the image alone), flip (the image and its mirror image), \
      shift=PIXELS (the image and two moved copies), or both separated by a comma. (default: as fm-predict answers)
      """, valueName: "views"))
  var average: Averaging?

  @OptionGroup var reporting: QuietOption

  @OptionGroup var force: ForceOption

  @Argument(
    help: ArgumentHelp(
      "A model file, or the name of an installed model (see fm-predict --help); - is standard input.",
      valueName: "model"), completion: .models)
  var model: ModelPath

  func validate() throws {
    let format = try format
    if average != nil, format != .onnx {
      throw ValidationError(
        "--average is for onnx: a \(format.rawValue) file holds weights only, and gives no answers")
    }
    if type != .float32, format == .onnx {
      throw ValidationError("--type is for pth and safetensors: onnx graphs compute in float32")
    }
    try layers.checkMatch()
    try layers.arch?.checkText()
  }

  /// Whether the output may replace the model. It may in the model's own format, which loses nothing unless weights are
  /// rounded. A checkpoint may not be replaced, since it holds more than a model.
  func mayReplace(_ input: NamedFile, by output: NamedFile) -> Bool {
    (try? format) == .safetensors && type == .float32 && input.path.descriptor(standardStream: 0) == nil
      && !CheckpointFile.isCheckpoint(path: input.path)
  }

  func run() throws {
    let format = try format
    let input = try model.open()
    try force.check(
      input, expected: "a model file", instead: "fm-export model.safetensors --to \(format.rawValue)")
    var model = try ModelFile.load(
      PeekedSource(input), as: layers.arch?.specification(), input: size, matching: layers.match
    ) { if !reporting.quiet { Self.say($0) } }
    if !reporting.quiet, format == .onnx, let note = scaling.note(on: model, name: input.name) {
      Self.say(note)
    }
    model.scaling = try scaling.scaling(of: model, name: input.name)
    if let size, size != model.architecture.input {
      throw ValidationError("--size: \(input.name) is for images of \(model.architecture.input.text)")
    }
    let averaging =
      format == .onnx ? try model.averaging(average, name: input.name, force: force.force) : .none
    let target = try OutputFile(path: output.path)
    try force.check(target, instead: "fm-export … --output model.\(format.rawValue)")
    try ModelFile.export(model, as: format, type: type, averaging: averaging, to: target)
    try target.commit()
    if format == .pth { note(model, input.name) }
  }

  /// The format to write: that of `--to`, or else the one that the output's name ends in.
  private var format: ModelFormat {
    get throws {
      if let format = to ?? ModelFormat(fileName: output.path) { return format }
      let formats = ModelFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError(
        "expected a format: --to one of \(formats), or an --output that ends in one of them")
    }
  }

  /// Reports what fm-predict does with a model and the written file does not record.
  private func note(_ model: Model, _ name: String) {
    guard !reporting.quiet else { return }
    if !model.scaling.isNone {
      Self.say(
        "\(name): pixels in 0 to 1 are normalised by \(model.scaling.text) before this network; a state_dict does not"
          + " record this")
    }
    if let temperature = model.temperature {
      Self.say(
        "\(name): fm-predict divides this model's logits by the temperature \(temperature); a state_dict does not record this"
      )
    }
    let recorded = model.training?.settings[TrainingRecord.averagingKey]
    guard let recorded, recorded != Averaging.none.text else { return }
    Self.say(
      "\(name): fm-predict averages this model's logits by --average \(displayed(recorded)); a state_dict is only"
        + " the network, which answers for an image as it is")
  }
}

extension ImageShape: SpelledArgument {
  public static let spelling = "<height>x<width>, such as 28x28, or <height>x<width>x3, up to 4096x4096"

  /// Parses `28x28`, or `32x32x3` for colour images: up to 4096 × 4096, with 1 or 3 channels.
  public init?(argument: String) {
    guard let lengths = parsedLengths(argument), (2...3).contains(lengths.count) else { return nil }
    let channels = lengths.count == 3 ? lengths[2] : 1
    let sides = 1...StreamLimits.imageSide
    guard lengths[..<2].allSatisfy(sides.contains), [1, 3].contains(channels) else { return nil }
    self.init(height: lengths[0], width: lengths[1], channels: channels)
  }
}
