// Options for reading a model: its layers, if its file does not describe them, how tensors are matched to them, and the
// scaling of its pixels.

import ArgumentParser
import ByteIO
import CommandLine
import ModelFiles
import Networks
import TensorStream

extension TensorMatching: ExpressibleByArgument {}

/// A command's help texts for ``LayerOptions``.
public protocol LayerOptionTexts: Sendable {
  /// The help of `--arch`.
  static var arch: ArgumentHelp { get }
  /// The completion of `--arch`; `nil` for the usual one.
  static var archCompletion: CompletionKind? { get }
  /// The help of `--match`.
  static var match: ArgumentHelp { get }
  /// The advice if `--match order` lacks layers or a model: the options to give.
  static var orderNeeds: String { get }
}

/// The options `--arch` and `--match`.
public struct LayerOptions<Texts: LayerOptionTexts>: ParsableArguments {
  @Option(help: Texts.arch, completion: Texts.archCompletion)
  public var arch: SpecificationArgument?

  @Option(help: Texts.match)
  public var match = TensorMatching.name

  public init() {}

  /// Throws if `--match order` is given without layers, or without a model (`hasModel` is false). This check is not
  /// part of parsing, because commands have checks that come first.
  public func checkMatch(hasModel: Bool = true) throws {
    if match == .order, arch == nil || !hasModel {
      throw ValidationError("--match order: \(Texts.orderNeeds)")
    }
  }
}

/// The help texts of commands that read a model. Its file may describe the layers.
public enum ReadModelTexts: LayerOptionTexts {
  public static var arch: ArgumentHelp {
    ArgumentHelp(
      """
      Give the model's layers, as for fm-train, if its file does not describe them (.pth, or safetensors of another \
      program) and they are not those of a preset.
      """, valueName: "spec")
  }

  public static var archCompletion: CompletionKind? { nil }

  public static var match: ArgumentHelp {
    ArgumentHelp(
      """
      Match tensors of another program to layers by name, or, if only the names differ, by their order in the file. \
      With order, a table shows the matches.
      """, valueName: "by")
  }

  public static var orderNeeds: String { "give the layers to match with --arch" }
}

/// `--arch`, `--match`, `--mean` and `--std` of commands that read a model.
public struct ReadModelOptions: ParsableArguments {
  @OptionGroup public var layers: LayerOptions<ReadModelTexts>
  @OptionGroup public var scaling: ScalingOptions

  public init() {}

  /// Throws if the options for layers contradict each other, or if the text of `--arch` is malformed. These checks are
  /// not part of parsing, because commands have checks that come first.
  public func check() throws {
    try layers.checkMatch()
    try layers.arch?.checkText()
  }

  /// Reads a model, with the layers and the scaling that the options give. `input` is the shape of its images, if the
  /// file does not say. Calls `note` with messages to the user about how its tensors were matched.
  ///
  /// - Complexity: O(bytes of the file) time and memory.
  public func load(
    _ source: PeekedSource, input: ImageShape?, note: (String) -> Void
  ) throws -> Model {
    var model = try ModelFile.load(
      source, as: layers.arch?.specification(), input: input, matching: layers.match, note: note)
    model.scaling = try scaling.scaling(of: model, name: source.name)
    return model
  }
}
