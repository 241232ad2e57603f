// fm-export: converts a model to a file for other tools.

import ByteIO
import CommandLine
import DataRemedies  // What to type after the errors of libraries.
import Inference
import LearningRemedies
import ModelFiles
import ModelOptions
import Networks
import TensorStream

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

  @OptionGroup var output: ExportOutputOptions
  @OptionGroup var reading: ReadModelOptions

  @Option(
    help: ArgumentHelp(
      "The size of the images, if the file does not say: 28x28 (the default), or 32x32x3 for colour images.",
      valueName: "size"), transform: ImageShape.spelled)
  var size: ImageShape?

  @Option(
    help: ArgumentHelp(
      "For pth and safetensors: write weights in this type.", valueName: "type"))
  var type = TensorType.float32

  @Option(
    help: ArgumentHelp(
      """
      For onnx: answer with the mean over these views: none (the image alone), flip (the image and its mirror image), \
      shift=PIXELS (the image and two moved copies), or both separated by a comma. (default: as fm-predict answers)
      """, valueName: "views"), completion: .views, transform: Averaging.spelled)
  var average: Averaging?

  @OptionGroup var reporting: QuietOption
  @OptionGroup var force: ForceOption

  @Argument(
    help: ArgumentHelp(
      "A model file, or the name of an installed model (see fm-predict --help); - is standard input.",
      valueName: "model"), completion: .models)
  var model: ModelPath

  func validate() throws {
    let format = try output.format
    if average != nil, format != .onnx {
      throw ValidationError(
        "--average is for onnx: a \(format.rawValue) file holds weights only, and gives no answers")
    }
    if type != .float32, format == .onnx {
      throw ValidationError("--type is for pth and safetensors: onnx graphs compute in float32")
    }
    try reading.check()
  }

  /// Whether the output may replace the model. It may if both have fm-train's format, unless weights are rounded.
  func mayReplace(_ input: NamedFile, by output: NamedFile) -> Bool {
    (try? self.output.format) == .safetensors && type == .float32
      && ModelFile.holdsOnlyAModel(path: input.path)
  }

  func run() throws {
    let format = try output.format
    let input = try model.open()
    try force.check(
      input, expected: "a model file", instead: "fm-export model.safetensors --to \(format.rawValue)")
    let model = try reading.load(PeekedSource(input), input: size) { if !reporting.quiet { Self.say($0) } }
    if !reporting.quiet, format == .onnx, let note = reading.scaling.note(on: model, name: input.name) {
      Self.say(note)
    }
    if let size, size != model.architecture.input {
      throw ValidationError("--size: \(input.name) is for images of \(model.architecture.input.text)")
    }
    let averaging =
      format == .onnx ? try model.averaging(average, name: input.name, force: force.force) : .none
    let target = try OutputFile(path: output.path)
    try force.check(target, instead: "fm-export … --output model.\(format.rawValue)")
    try ModelFile.export(model, as: format, type: type, averaging: averaging, name: input.name, to: target)
    try target.commit()
    if format == .pth, !reporting.quiet {
      for line in model.settingsOutsideStateDict(name: input.name) { Self.say(line) }
    }
  }
}

extension TensorType: ExpressibleByArgument {}
