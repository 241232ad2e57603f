import ByteIO

/// Why a specification is no network.
public enum ArchitectureError: Failure, Equatable {
  case empty
  case tooLong(Int)
  case unknownLayer(word: String, position: Int)
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
    case .unknownLayer(let word, let position):
      "layer \(position) '\(displayed(word))' is neither a preset (\(Self.presetNames)) nor one of"
        + " conv, pool, relu, dropout, linear"
    case .malformedLayer(let word, let position, let expected):
      "layer \(position) '\(displayed(word))': expected \(expected)"
    case .doesNotFit(let layer, let position, let input, let reason):
      "layer \(position) '\(layer)' does not fit its input of \(input): \(reason)"
    case .classCount(let count): "\(count) classes; a classifier has 2 to 256"
    }
  }

  private static var presetNames: String { Architecture.presets.map(\.name).joined(separator: ", ") }
}
