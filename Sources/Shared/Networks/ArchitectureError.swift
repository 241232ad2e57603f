import ByteIO

/// Why a specification is no network.
public enum ArchitectureError: Failure, Equatable {
  case empty
  case tooLong(Int)
  case unknownLayer(word: String, position: Int, suggestion: String?)
  /// A preset's name where layers stand before or after it.
  case presetAmongLayers(name: String, position: Int, layers: String)
  /// What another tool wants to be told, and this one does not.
  case impliedLayer(word: String, position: Int, reason: String)
  case malformedLayer(word: String, position: Int, expected: String)
  case doesNotFit(layer: String, position: Int, input: FeatureShape, reason: String)
  case classCount(Int)

  public var kind: FailureKind {
    switch self {
    case .classCount: .badData
    default: .usage
    }
  }

  public var description: String {
    switch self {
    case .empty:
      "the architecture is empty; give a preset (\(Self.presetNames)) or layers, such as 'linear:64 relu'"
    case .tooLong(let count): "the architecture has \(count) layers; at most 1000 are allowed"
    case .unknownLayer(let word, let position, let suggestion):
      "layer \(position) '\(displayed(word))' is neither a preset (\(Self.presetNames)) nor one of"
        + " conv, pool, relu, dropout, linear"
        + (suggestion.map { "; did you mean '\(displayed($0))'?" } ?? "")
    case .presetAmongLayers(let name, let position, let layers):
      "layer \(position) '\(name)' is a preset, which stands alone (its dropouts are set by --dropout);"
        + " write its layers out to change them: '\(layers)'"
    case .impliedLayer(let word, let position, let reason):
      "layer \(position) '\(displayed(word))' is left out: \(reason)"
    case .malformedLayer(let word, let position, let expected):
      "layer \(position) '\(displayed(word))': expected \(expected)"
    case .doesNotFit(let layer, let position, let input, let reason):
      "layer \(position) '\(layer)' does not fit its input of \(input): \(reason)"
    case .classCount(let count): "\(count == 1 ? "1 class" : "\(count) classes"); a classifier has 2 to 256"
    }
  }

  private static var presetNames: String { Architecture.presets.map(\.name).joined(separator: ", ") }
}
