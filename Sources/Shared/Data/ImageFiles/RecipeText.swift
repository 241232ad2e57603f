// Writes a recipe as one line of text, which streams and models carry:
//
//     exact
//     exact background=255
//     fashion-mnist
//     fit filter=area fit=contain background=auto invert=auto
//
// Each recipe has exactly one text, so two recipes are the same if their texts are.

import TensorStream

extension Recipe {
  /// The names of recipes, as options take them.
  public enum Name: String, CaseIterable, Sendable {
    case exact
    case fashionMNIST = "fashion-mnist"
    case fit
  }

  public var name: Name {
    switch self {
    case .exact: .exact
    case .fashionMNIST: .fashionMNIST
    case .fit: .fit
    }
  }

  /// The text of the recipe.
  public var text: String {
    switch self {
    case .exact(.black), .fashionMNIST: name.rawValue
    case .exact(let background): "\(name.rawValue) background=\(background.text)"
    case .fit(let recipe):
      "\(name.rawValue) filter=\(recipe.filter.rawValue) fit=\(recipe.placement.rawValue)"
        + " background=\(recipe.background.text) invert=\(recipe.inversion.rawValue)"
    }
  }

  /// The recipe as streams and models record it.
  public var record: RecordedRecipe {
    guard let record = RecordedRecipe(text) else { preconditionFailure("'\(text)' is no text for a stream") }
    return record
  }

  /// Parses the text of a recipe. Returns `nil` if it is not one that this version knows.
  public init?(_ text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard let first = words.first, let name = Name(rawValue: String(first)) else { return nil }
    var values: [String: String] = [:]
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      values[String(parts[0])] = String(parts[1])
    }
    switch name {
    case .exact:
      guard let background = RGBColor(values["background"] ?? RGBColor.black.text) else { return nil }
      self = .exact(background: background)
    case .fashionMNIST: self = .fashionMNIST
    case .fit:
      guard let filter = values["filter"].flatMap(ResamplingFilter.init(rawValue:)),
        let placement = values["fit"].flatMap(FitRecipe.Placement.init(rawValue:)),
        let background = values["background"].flatMap(FitRecipe.Background.init(_:)),
        let inversion = values["invert"].flatMap(FitRecipe.Inversion.init(rawValue:))
      else { return nil }
      self = .fit(
        FitRecipe(filter: filter, placement: placement, background: background, inversion: inversion))
    }
    // Refuse unknown words, another order, or a value written differently: each recipe has exactly one text.
    guard self.text == text else { return nil }
  }
}
