// The layers of a model file that does not say them, and how its tensors find their places in them, as options.

import ArgumentParser
import CommandLine
import ModelFiles
import Networks

extension TensorMatching: ExpressibleByArgument {}

/// What a command says about ``LayerOptions``.
public protocol LayerOptionTexts: Sendable {
  static var arch: ArgumentHelp { get }
  static var archCompletion: CompletionKind? { get }
  static var match: ArgumentHelp { get }
  /// What to give with `--match order`, for it to have layers and tensors.
  static var orderNeeds: String { get }
}

/// `--arch` and `--match`.
public struct LayerOptions<Texts: LayerOptionTexts>: ParsableArguments {
  @Option(help: Texts.arch, completion: Texts.archCompletion)
  public var arch: SpecificationArgument?

  @Option(help: Texts.match)
  public var match = TensorMatching.name

  public init() {}

  /// Throws where tensors are to be matched by their order, and there are no layers for them, or, without `hasModel`, none
  /// of them. (Not done on parsing: a command has checks that come first.)
  public func checkMatch(hasModel: Bool = true) throws {
    if match == .order, arch == nil || !hasModel {
      throw ValidationError("--match order: \(Texts.orderNeeds)")
    }
  }
}

/// The texts of commands that read a model: its file may say the layers.
public enum ReadModelTexts: LayerOptionTexts {
  public static var arch: ArgumentHelp {
    ArgumentHelp(
      """
      The model's layers, where the file does not say them (.pth, or safetensors of another program) and they are no \
      preset's; as fm-train takes them.
      """, valueName: "spec")
  }

  public static var archCompletion: CompletionKind? { nil }

  public static var match: ArgumentHelp {
    ArgumentHelp(
      """
      How tensors of another program find their layers: by name, or by their order in the file, where only names \
      differ; a table then shows which is which.
      """, valueName: "by")
  }

  public static var orderNeeds: String { "give the layers by --arch, for the tensors to be theirs" }
}
