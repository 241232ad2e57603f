// What pixels become before a network sees them.

/// Pixels are divided by 255, then normalised: (pixel / 255 − mean) / deviation, with a number for each channel, as
/// torchvision's `ToTensor` and `Normalize` do.
public struct PixelScaling: Equatable, Sendable {
  /// One for all channels, or one for each.
  public let means: [Float]
  /// Likewise, each above 0.
  public let deviations: [Float]

  /// Throws a ``PixelScalingError`` where numbers are none, or not as many as there are channels.
  public init(means: [Float], deviations: [Float]) throws(PixelScalingError) {
    guard !means.isEmpty, !deviations.isEmpty, means.allSatisfy(\.isFinite),
      deviations.allSatisfy({ $0.isFinite && $0 > 0 })
    else { throw .notNumbers }
    self.means = means
    self.deviations = deviations
  }

  private init() {
    means = [0]
    deviations = [1]
  }

  /// Pixels in 0…1, as they are.
  public static let none = PixelScaling()

  /// Whether it does anything.
  public var isNone: Bool { means.allSatisfy { $0 == 0 } && deviations.allSatisfy { $0 == 1 } }

  /// Throws a ``PixelScalingError`` where there are not as many numbers as channels.
  public func check(channels: Int) throws(PixelScalingError) {
    for (what, count) in [("mean", means.count), ("std", deviations.count)]
    where count != 1 && count != channels {
      throw .wrongCount(what: what, count: count, channels: channels)
    }
  }

  /// The mean and the deviation of a channel.
  public func channel(_ index: Int) -> (mean: Float, deviation: Float) {
    (means[means.count == 1 ? 0 : index], deviations[deviations.count == 1 ? 0 : index])
  }

  /// What each byte becomes, 256 values for each channel, in the order of operations that PyTorch has.
  public func table(channels: Int) -> [Float] {
    (0..<channels).flatMap { channel in
      let (mean, deviation) = self.channel(channel)
      return (0..<256).map { (Float($0) / 255 - mean) / deviation }
    }
  }
}

/// Why numbers are no scaling of pixels.
public enum PixelScalingError: Error, Equatable, CustomStringConvertible {
  case notNumbers
  case wrongCount(what: String, count: Int, channels: Int)

  public var description: String {
    switch self {
    case .notNumbers: "means are finite numbers, and deviations are above 0"
    case .wrongCount(let what, let count, let channels):
      "--\(what) has \(count) numbers, but the images have \(channels == 1 ? "1 channel" : "\(channels) channels")"
    }
  }
}

extension PixelScaling {
  /// `mean 0.286 std 0.353`, as model files have it.
  public var text: String {
    func list(_ numbers: [Float]) -> String { numbers.map { "\($0)" }.joined(separator: ",") }
    return "mean \(list(means)) std \(list(deviations))"
  }
}
