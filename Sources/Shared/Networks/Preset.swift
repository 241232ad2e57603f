// Networks that have a name. How they are trained is said where training is.

/// A name that stands for a specification.
public struct Preset: Equatable, Sendable {
  public let name: String
  public let specification: String
  public let summary: String
}

extension Architecture {
  /// The preset that a text names, in whatever letters, with blanks or comments around it; `nil` where it is another text.
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
  ]
}
