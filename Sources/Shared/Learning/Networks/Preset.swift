// Networks that have a name. Training/PresetSettings.swift says how they are trained.

/// A name that stands for a specification.
public struct Preset: Equatable, Sendable {
  public let name: String
  public let specification: String
  public let summary: String
}

extension Architecture {
  /// Returns the preset that a text names, or `nil`. Case, blanks and comments around the name do not matter.
  public static func preset(_ text: String) -> Preset? {
    let tokens = SpecificationToken.tokens(of: text)
    return tokens.count == 1 ? presets.first { $0.name == tokens[0].word } : nil
  }

  /// The presets, in the order in which messages list them.
  public static let presets = [
    Preset(
      name: "ffnn", specification: "linear:512 relu dropout:0.2 linear:256 relu dropout:0.2",
      summary: "two hidden layers of 512 and 256"),
    Preset(
      name: "cnn",
      specification:
        "conv:16 relu pool conv:32 relu pool dropout:0.2 linear:512 relu dropout:0.2 linear:256 relu dropout:0.2",
      summary: "two 3×3 convolutions with max-pooling, then 512 and 256"),
    // The groups and widths of Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU", appendix A.
    Preset(
      name: "vgg",
      specification:
        "conv:18 gelu conv:64,bias=no pool norm gelu conv:64,bias=no norm gelu"
        + " conv:128,bias=no pool norm gelu conv:128,bias=no norm gelu"
        + " conv:256,bias=no pool norm gelu conv:256,bias=no norm gelu"
        + " pool:global scale:0.125 linear:classes,bias=no",
      summary: "seven 3×3 convolutions with batch normalisation and GELU"),
  ]
}
