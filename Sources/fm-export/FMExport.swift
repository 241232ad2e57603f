// fm-export: writes a model as a file for other tools.

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
    "fm-export", abstract: "Write a model as a file for PyTorch, ONNX runtimes and others.",
    usage: "<model> [--to <format>] [--output <file>] [<options>]",
    discussion: """
      pth is PyTorch's state_dict, for torch.load(file, weights_only=True) and load_state_dict. It holds the weights \
      and running statistics alone, by the names and shapes that fm-info lists.

      onnx is the whole network. It takes the pixels as they are, bytes from 0 to 255, as images [batch, channels, \
      height, width] with any number of images in the batch, scales them itself, and gives logits [batch, classes]; \
      softmax makes probabilities of them. They are those of fm-predict, averaged over views where fm-predict \
      averages, and divided by the temperature where the model is calibrated. The class names and how the model was \
      trained are in its metadata.

      safetensors is fm-tools' own format. Of a checkpoint any format has the network as the last step left it.

      With --type float16 or bfloat16, weights take half the space. They are rounded to the nearest; running \
      statistics stay float32.
      """,
    examples: [
      "fm-export cnn.safetensors --output cnn.onnx",
      "fm-export cnn.safetensors --to pth > cnn.pth",
      "fm-export cnn.pth --output cnn.safetensors",
      "fm-export cnn.safetensors --type bfloat16 --output small.safetensors",
      "fm-train --arch cnn -o - < train.raw | fm-export - --to onnx > cnn.onnx",
    ])

  @Option(help: ArgumentHelp("What to write. (default: what the output's name ends in)", valueName: "format"))
  var to: ModelFormat?

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"), completion: .file())
  var output: OutputPath = "-"

  @OptionGroup var layers: LayerOptions<ReadModelTexts>

  @OptionGroup var scaling: ScalingOptions

  @Option(
    help: ArgumentHelp(
      "The size of images, where the file does not say it: as 28x28 (the default), or 32x32x3 with colours.",
      valueName: "size"), transform: ImageShape.spelled)
  var size: ImageShape?

  @Option(
    help: ArgumentHelp(
      "Of pth and safetensors, what weights are written as: float32, float16 or bfloat16.", valueName: "type")
  )
  var type = TensorType.float32

  @Option(
    help: ArgumentHelp(
      """
      Of onnx, what answers are the mean of: none for the image alone, flip for it and its mirror image, shift=PIXELS \
      for it and two that are moved, or both by a comma. (default: as fm-predict answers)
      """, valueName: "views"))
  var average: Averaging?

  @OptionGroup var reporting: QuietOption

  @OptionGroup var force: ForceOption

  @Argument(
    help: ArgumentHelp(
      "The model file, or the name of an installed model, as fm-predict --help explains; - is standard input.",
      valueName: "model"), completion: .models)
  var model: ModelPath

  func validate() throws {
    let format = try format
    if average != nil, format != .onnx {
      throw ValidationError(
        "--average is about onnx: a file of \(format.rawValue) holds weights, and does not answer")
    }
    if type != .float32, format == .onnx {
      throw ValidationError("--type is about pth and safetensors: onnx graphs compute in float32")
    }
    try layers.checkMatch()
    try layers.arch?.checkText()
  }

  /// A model may be written over itself in its own format, which loses nothing of it unless its weights are rounded; a
  /// checkpoint is more than a model.
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
      LookaheadSource(input), as: layers.arch?.specification(), input: size, matching: layers.match
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

  /// What is to be written: as said, or as the output's name says.
  private var format: ModelFormat {
    get throws {
      if let format = to ?? ModelFormat(fileName: output.path) { return format }
      let formats = ModelFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError(
        "say what to write: by --to one of \(formats), or by an --output that ends in one of them")
    }
  }

  /// Says what a model does in fm-predict and the file will not do elsewhere.
  private func note(_ model: Model, _ name: String) {
    guard !reporting.quiet else { return }
    if !model.scaling.isNone {
      Self.say(
        "\(name): pixels in 0 to 1 are normalised by \(model.scaling.text) before this network; a state_dict does not say"
          + " so")
    }
    if let temperature = model.temperature {
      Self.say(
        "\(name): fm-predict divides this model's logits by the temperature \(temperature); a state_dict does not say so"
      )
    }
    let recorded = model.training?.settings[TrainingRecord.averagingKey]
    guard let recorded, recorded != Averaging.none.text else { return }
    Self.say(
      "\(name): fm-predict averages this model's logits by --average \(displayed(recorded)); a state_dict is the"
        + " network alone, which answers for an image as it is")
  }
}

extension ImageShape: SpelledArgument {
  public static let spelling = "<height>x<width>, such as 28x28, or <height>x<width>x3, up to 4096x4096"

  /// `28x28`, or `32x32x3` with colours: up to 4096 × 4096, and 1 or 3 channels.
  public init?(argument: String) {
    let parts = argument.split(separator: "x", omittingEmptySubsequences: false)
    let lengths = parts.compactMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int($0) : nil }
    guard lengths.count == parts.count, (2...3).contains(parts.count) else { return nil }
    let channels = lengths.count == 3 ? lengths[2] : 1
    guard lengths[..<2].allSatisfy({ (1...4096).contains($0) }), [1, 3].contains(channels) else { return nil }
    self.init(height: lengths[0], width: lengths[1], channels: channels)
  }
}
