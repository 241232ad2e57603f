/// The shape of what flows between operations, for one image.
public enum FeatureShape: Equatable, Sendable, CustomStringConvertible {
  case map(height: Int, width: Int, channels: Int)
  case vector(Int)

  /// The number of values.
  public var count: Int {
    switch self {
    case .map(let height, let width, let channels): height * width * channels
    case .vector(let count): count
    }
  }

  /// The channels of a map, or the values of a vector: what a normalisation has its statistics of.
  public var channels: Int {
    switch self {
    case .map(_, _, let channels): channels
    case .vector(let count): count
    }
  }

  /// As PyTorch orders it: `32×7×7` is channels × height × width.
  public var description: String {
    switch self {
    case .map(let height, let width, let channels): "\(channels)×\(height)×\(width)"
    case .vector(let count): "\(count)"
    }
  }
}
