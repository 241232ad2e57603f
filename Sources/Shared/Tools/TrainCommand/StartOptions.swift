// The network that a run starts from: its layers, and the weights if they come from another model.

import ByteIO
import CommandLine
import DataRemedies
import ModelOptions
import ModelFiles
import Networks
import TensorStream
import Training

/// fm-train's help for the layer options, which describe a network to train or a model to train further.
enum StartTexts: LayerOptionTexts {
  static var arch: ArgumentHelp {
    ArgumentHelp(
      """
      Build the network from a preset, layers, or @FILE with layers; list shows the presets. (default with --from: \
      the model's)
      """, valueName: "spec")
  }

  static var archCompletion: CompletionKind? { .list(Architecture.presets.map(\.name) + ["list"]) }

  static var match: ArgumentHelp {
    ArgumentHelp(
      """
      If another program wrote the file of --from, match its tensors to layers by name or by order. Use order if only \
      the names differ; a table then shows which tensor went where.
      """, valueName: "by")
  }

  static var orderNeeds: String { "give the model with --from and its layers with --arch" }
}

struct StartOptions: ParsableArguments {
  @OptionGroup var layers: LayerOptions<StartTexts>

  /// Whether the command only lists the presets.
  var listsPresets: Bool { layers.arch?.text == "list" }

  @Option(
    help: ArgumentHelp(
      """
      Start from the weights of a model: a file from fm-train, a state_dict that PyTorch saved (.pth or safetensors), \
      or the name of an installed model (see fm-predict --help).
      """, valueName: "model"), completion: .models)
  var from: ModelPath?

  @Flag(
    help: """
      With --from: draw new weights for the output layer, to learn classes other than the model's. All other layers start \
      from the model's weights.
      """)
  var newOutput = false

  func validate() throws {
    if newOutput, from == nil {
      throw ValidationError("--new-output replaces the output layer of a model: add --from, or leave it out")
    }
    if layers.arch == nil, from == nil {
      throw ValidationError("Missing expected argument '--arch <spec>' or '--from <model>'")
    }
    try layers.checkMatch(hasModel: from != nil)
    if !listsPresets { try layers.arch?.checkText() }
  }

  /// The preset whose settings apply to options that are not given: that of `--arch`; `nil` with `--from`, since
  /// presets are for training from random weights.
  var preset: Preset? { from == nil ? layers.arch?.preset : nil }

  /// Opens the file of ``from`` and checks its first bytes. Runs before the training images are read, which may take
  /// long, so that a missing or unusable model is reported immediately.
  func open() throws -> PeekedSource? { try from.map { try ModelFile.open($0.open()) } }

  /// Builds the network for the images, with the probability of `--dropout` applied. `role` is the name of the images
  /// in error messages.
  func start(
    _ source: PeekedSource?, for data: Dataset, role: String = "training", _ options: TrainingOptions,
    quiet: Bool
  ) throws -> TrainingStart {
    var tree = try layers.arch.map { try options.withDropout($0.specification(), of: preset) }
    guard let source else {
      tree = tree.map { takingOutput($0, classCount: data.classCount, quiet: quiet) }
      let architecture = try Architecture(
        tree ?? Specification(elements: []), input: data.shape, classCount: data.classCount)
      return TrainingStart(
        architecture: architecture, parameters: nil, classes: data.classes, history: data.history,
        model: nil,
        scaling: try options.scaling.scaling(channels: data.shape.channels) ?? .none)
    }
    let model = try ModelFile.load(source, as: tree, input: data.shape, matching: layers.match) {
      if !quiet { FMTrain.say($0) }
    }
    if !quiet, let note = options.scaling.note(on: model, name: source.name) { FMTrain.say(note) }
    if let problem = problem(of: model, with: data, mayResize: role == "training") {
      throw StartError(name: source.name, role: role, problem: problem)
    }
    if !quiet, model.architecture.input != data.shape {
      FMTrain.say(
        "\(source.name) is for images of \(model.architecture.input.text); the new model is for \(data.shape.text)"
      )
    }
    let architecture = try Architecture(
      options.withDropout(model.architecture.tree, of: nil), input: data.shape,
      classCount: newOutput ? data.classCount : model.architecture.classCount)
    return TrainingStart(
      architecture: architecture,
      parameters: newOutput
        ? Initialization.kaiming.parameters(
          for: architecture, seed: options.seed, keeping: model.parameters) : model.parameters,
      classes: newOutput ? data.classes : data.classes ?? model.classes,
      history: model.history + data.history.filter { !model.history.contains($0) }, model: model,
      scaling: try options.scaling.scaling(of: model, name: source.name))
  }

  /// Takes a last linear layer with `classCount` outputs as the output layer, since other tools want it written out.
  /// Reports if it does so, and if a linear layer at the end is not the output layer.
  private func takingOutput(_ tree: Specification, classCount: Int, quiet: Bool) -> Specification {
    if let taken = tree.takingOutput(classCount: classCount) {
      if !quiet {
        FMTrain.say(
          "--arch: 'linear:\(classCount)' at the end is the output layer, which is implied; to have a hidden layer of"
            + " \(classCount) before it, write it twice")
      }
      return taken
    }
    if !quiet, tree.output == nil, case .layer(.linear(let linear))? = tree.elements.last {
      FMTrain.say(
        "warning: --arch: 'linear:\(linear.outputs)' at the end is not the output layer, since there are"
          + " \(classCount) classes: 'linear:\(classCount)' follows it, without a relu between them")
    }
    return tree
  }

  /// Returns why the model does not fit the images; `nil` if it does. Without class names, the images may lack the last
  /// classes, since only labels that occur are known. `mayResize` accepts images of another size if the weights fit them.
  private func problem(of model: Model, with data: Dataset, mayResize: Bool) -> StartError.Problem? {
    let (input, classCount) = (model.architecture.input, model.architecture.classCount)
    guard input == data.shape || mayResize && model.architecture.keepsWeights(for: data.shape) else {
      return .shape(model: input, data: data.shape)
    }
    if newOutput { return nil }
    if let theirs = model.classes, let ours = data.classes, theirs != ours {
      return .classes(ClassDifference(found: ours, wanted: theirs))
    }
    guard data.classes == nil ? data.classCount <= classCount : data.classCount == classCount else {
      return .classCount(model: classCount, data: data.classCount)
    }
    if data.classes == nil, let theirs = model.classes, theirs.areNumbersOutOfPlace {
      return .numberedLabels(classes: theirs)
    }
    return nil
  }
}

extension Architecture {
  /// Whether the weights of a network suit images of another size, as with global pooling. A dense layer that reads a
  /// map has a weight for each place, even if the map's size happens to agree.
  fileprivate func keepsWeights(for shape: ImageShape) -> Bool {
    guard let resized = try? Architecture(tree, input: shape, classCount: classCount) else { return false }
    let readsPlaces = resized.nodes.contains { node in
      guard case .linear = node.operation,
        case .map(let height, let width, _) = resized.nodes[node.inputs[0]].output
      else { return false }
      return height * width > 1
    }
    return !readsPlaces && resized.parameters == parameters
  }
}

/// The network that a run starts from.
struct TrainingStart {
  let architecture: Architecture
  /// The weights to start from; `nil` if they are to be drawn.
  let parameters: [Parameter]?
  let classes: [String]?
  /// The commands that made the model and the data.
  let history: [String]
  /// The model of `--from`; `nil` if there is none.
  let model: Model?
  /// How pixels are normalised before the network sees them.
  let scaling: PixelScaling
}

/// The reason why a model cannot be trained or judged on images.
struct StartError: Failure, Equatable {
  enum Problem: Equatable {
    case shape(model: ImageShape, data: ImageShape)
    case classCount(model: Int, data: Int)
    case classes(ClassDifference)
    case numberedLabels(classes: [String])
  }
  let name: String
  /// The kind of images: `training` or `held-out`.
  let role: String
  let problem: Problem

  var kind: FailureKind { .badData }

  var description: String {
    switch problem {
    case .shape(let model, let data):
      "\(name): the model is for images of \(model.text), but the \(role) images are \(data.text)"
    case .classCount(let model, let data):
      "\(name): the model has \(model) classes, but the \(role) images have \(data)\(advice)"
    case .classes(let difference):
      "\(name): the \(role) images are for other classes: \(difference.words("the model", whose: "their"));"
        + " \(classNamesRemedy(owner: "the model"))\(advice)"
    case .numberedLabels(let classes):
      "\(name): the \(role) images do not fit: \(numberedLabelsText(classes)); \(numberedLabelsRemedy)"
    }
  }

  /// Empty for held-out images: they must have the classes that the model has learned.
  private var advice: String {
    role == "training" ? "; to learn other classes, add --new-output" : ""
  }
}
