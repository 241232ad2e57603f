// Options for model files that do not describe their layers: the layers, and how tensors are matched to them.

import ArgumentParser
import CommandLine
import ModelFiles
import Networks

extension TensorMatching: ExpressibleByArgument {}

/// A command's help texts for ``LayerOptions``.
public protocol LayerOptionTexts: Sendable {
  static var arch: ArgumentHelp { get }
  static var archCompletion: CompletionKind? { get }
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
