// The options for the models to predict with: their files, layers, scaling and views.

import ByteIO
import CommandLine
import Inference
import ModelFiles
import ModelOptions
import Networks
import TensorStream

struct MemberOptions: ParsableArguments {
  @Option(
    name: .longAndLetter("m"),
    help: ArgumentHelp(
      """
      Use this model: a file of fm-train, a state_dict that PyTorch saved (.pth, or safetensors), or the name of an \
      installed model, such as cnn. Can be repeated, to predict the mean of the models' probabilities.
      """, valueName: "model"),
    completion: .models)
  var model: [ModelPath] = []

  @OptionGroup var reading: ReadModelOptions

  @Option(
    help: ArgumentHelp(
      """
      Predict the mean over views: none, flip (each image and its mirror image), shift=PIXELS (each also moved up-left \
      and down-right), or both separated by a comma. Takes two, three or six times as long. Refused for a model that \
      was trained without such images, unless --force. (default: as each model was evaluated in training)
      """, valueName: "views"), completion: .views, transform: Averaging.spelled)
  var average: Averaging?

  /// The names of the models' files, for messages.
  var names: [String] { model.map(\.path.inputName) }

  /// Throws if no model is given, or one is given twice. These checks are not part of parsing, because others come
  /// first.
  func check() throws {
    if model.isEmpty { throw ValidationError("Missing expected argument '--model <model>'") }
    try model.checkModelsDiffer(option: "--model")
  }

  /// Opens the files of all models and checks their first bytes.
  func open() throws -> [PeekedSource] { try model.map { try ModelFile.open($0.open()) } }

  /// Whether the models can only be loaded when the shape of the images is known: layers that `--arch` gives need it.
  var needImageShape: Bool { reading.layers.arch != nil }

  /// Loads all models and checks that they agree on images and classes. `input` is the shape of the images, for layers
  /// that `--arch` gives. With `force`, recipes may differ, and models may average over views that training did not
  /// show.
  func load(
    _ sources: [PeekedSource], input: ImageShape?, force: Bool, quiet: Bool
  ) throws -> [EnsembleMember] {
    let members = try zip(model, sources).map { file, source in
      try load(source, name: file.path.inputName, input: input, force: force, quiet: quiet)
    }
    try members.checkAgreement(names: names, takesAnyRecipe: force)
    return members
  }

  private func load(
    _ source: PeekedSource, name: String, input: ImageShape?, force: Bool, quiet: Bool
  ) throws -> EnsembleMember {
    let model = try reading.load(source, input: input) { if !quiet { FMPredict.say($0) } }
    if !quiet, let note = reading.scaling.note(on: model, name: name) { FMPredict.say(note) }
    return EnsembleMember(model, averaging: try averaging(of: model, name: name, force: force, quiet: quiet))
  }

  /// Returns how to average a model's answers. Reports if that may harm a model of unknown training.
  private func averaging(of model: Model, name: String, force: Bool, quiet: Bool) throws -> Averaging {
    if let average, average != .none, model.training == nil, !force, !quiet {
      let images = average.flips ? "mirrored" : "moved"
      FMPredict.say(
        "\(name) does not say how it was trained; without \(images) images in training, --average \(average.text) makes it"
          + " worse"
      )
    }
    return try model.averaging(average, name: name, force: force)
  }
}
