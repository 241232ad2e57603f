// What a run begins with: the layers, and their weights where they are another model's.

import ByteIO
import CommandLine
import ModelOptions
import ModelFiles
import Networks
import TensorStream
import Training

/// What fm-train says about the layers: of a network to train, or of a model to go on with.
enum StartTexts: LayerOptionTexts {
  static var arch: ArgumentHelp {
    ArgumentHelp(
      "A preset, layers, @FILE for those in a file, or list to see the presets. (default with --from: the model's)",
      valueName: "spec")
  }

  static var archCompletion: CompletionKind? { .list(Architecture.presets.map(\.name) + ["list"]) }

  static var match: ArgumentHelp {
    ArgumentHelp(
      """
      How the tensors of --from find their layers, where another program wrote them: by name, or by their order in the \
      file, where only names differ; a table then shows which is which.
      """, valueName: "by")
  }

  static var orderNeeds: String { "give the model by --from and its layers by --arch" }
}

struct StartOptions: ParsableArguments {
  @OptionGroup var layers: LayerOptions<StartTexts>

  /// Whether the presets are to be listed, and nothing else done.
  var listsPresets: Bool { layers.arch?.text == "list" }

  @Option(
    help: ArgumentHelp(
      """
      Begin with the weights of a model, and go on training it: a file of fm-train, a state_dict that PyTorch saved \
      (.pth, or safetensors), or the name of an installed model, as fm-predict --help explains.
      """, valueName: "model"), completion: .models)
  var from: ModelPath?

  @Flag(
    help: """
      With --from: draw new weights for the output layer, to learn other classes than those of the model. All other layers \
      go on from the model's weights.
      """)
  var newOutput = false

  func validate() throws {
    if newOutput, from == nil {
      throw ValidationError("--new-output keeps all other layers of a model: add --from, or leave it out")
    }
    if layers.arch == nil, from == nil { throw ValidationError("Missing expected argument '--arch <spec>'") }
    try layers.checkMatch(hasModel: from != nil)
    if !listsPresets { try layers.arch?.checkText() }
  }

  /// The preset whose settings are in force where no option says otherwise: that of `--arch`, unless weights are to be
  /// trained on, which is another matter.
  var preset: Preset? { from == nil ? layers.arch?.preset : nil }

  /// The file of ``from``, opened and looked at: to read all training images first, and then to learn that there is no
  /// such model, would take long.
  func open() throws -> LookaheadSource? { try from.map { try ModelFile.open($0.open()) } }

  /// The network for the images, with `--dropout` in force; `role` is what errors call them.
  func start(
    _ source: LookaheadSource?, for data: Dataset, role: String = "training", _ options: TrainingOptions,
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
    if let problem = problem(of: model, with: data) {
      throw StartError(name: source.name, role: role, problem: problem)
    }
    let architecture = try Architecture(
      options.withDropout(model.architecture.tree, of: nil), input: model.architecture.input,
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

  /// The specification with its output layer taken for that, where it is written out, as in other tools. That it was taken
  /// so is told, and that a linear layer at the end is none.
  private func takingOutput(_ tree: Specification, classCount: Int, quiet: Bool) -> Specification {
    if let taken = tree.takingOutput(classCount: classCount) {
      if !quiet {
        FMTrain.say(
          "--arch: 'linear:\(classCount)' at the end is the output layer, which is implied; for a hidden layer of"
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

  /// Why the model does not fit the images, `nil` if it does. Images without names of classes may lack the last ones, whose
  /// labels then do not occur.
  private func problem(of model: Model, with data: Dataset) -> StartError.Problem? {
    let (input, classCount) = (model.architecture.input, model.architecture.classCount)
    guard input == data.shape else { return .shape(model: input, data: data.shape) }
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

/// A network at the beginning of a run.
struct TrainingStart {
  let architecture: Architecture
  /// `nil` where first weights are to be drawn.
  let parameters: [Parameter]?
  let classes: [String]?
  /// The commands that made the model and the data.
  let history: [String]
  /// The model to go on from, `nil` where there is none.
  let model: Model?
  /// What pixels become before the network sees them.
  let scaling: PixelScaling
}

/// Why a model cannot learn from images, or be judged by them.
struct StartError: Failure, Equatable {
  enum Problem: Equatable {
    case shape(model: ImageShape, data: ImageShape)
    case classCount(model: Int, data: Int)
    case classes(ClassDifference)
    case numberedLabels(classes: [String])
  }
  let name: String
  /// `training` or `held-out` images.
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
      "\(name): the \(role) images are for other classes: \(difference.text("the model"))\(advice)"
    case .numberedLabels(let classes):
      "\(name): the \(role) images do not fit: \(numberedLabelsText(classes))"
    }
  }

  /// Held-out images are of the classes that were learned.
  private var advice: String {
    role == "training" ? "; to learn other classes, add --new-output" : ""
  }
}
