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

extension FeatureShape {
  /// The factors of ``count``.
  var lengths: [Int] {
    switch self {
    case .map(let height, let width, let channels): [height, width, channels]
    case .vector(let count): [count]
    }
  }
}

/// The number of positions along an axis of windows that span `window`, PyTorch's floor mode; 0 where none fits.
func windowCount(_ length: Int, window: Int, stride: Int, padding: Int) -> Int {
  let room = length + 2 * padding - window
  return room < 0 ? 0 : room / stride + 1
}
