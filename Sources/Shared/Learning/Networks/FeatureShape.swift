// The shape of the values between operations.

/// The shape of one image's values between two operations.
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

  /// The channels of a map, or the values of a vector. A normalisation has a scale and a bias for each.
  public var channels: Int {
    switch self {
    case .map(_, _, let channels): channels
    case .vector(let count): count
    }
  }

  /// The lengths in PyTorch's order: `32×7×7` is channels × height × width.
  public var description: String {
    switch self {
    case .map(let height, let width, let channels): "\(channels)×\(height)×\(width)"
    case .vector(let count): "\(count)"
    }
  }
}

extension FeatureShape {
  /// The lengths of the axes; their product is ``count``.
  var lengths: [Int] {
    switch self {
    case .map(let height, let width, let channels): [height, width, channels]
    case .vector(let count): [count]
    }
  }
}

/// Returns the number of windows along an axis in PyTorch's floor mode, or 0 if none fits. `window` is a window's span.
func windowCount(_ length: Int, window: Int, stride: Int, padding: Int) -> Int {
  let room = length + 2 * padding - window
  return room < 0 ? 0 : room / stride + 1
}
