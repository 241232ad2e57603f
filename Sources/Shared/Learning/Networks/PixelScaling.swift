// The scaling of pixels before a network sees them.

/// Divides pixels by 255 and normalises each channel: (pixel / 255 − mean) / deviation, as torchvision's `ToTensor` and
/// `Normalize` do.
public struct PixelScaling: Equatable, Sendable {
  /// One mean for all channels, or one for each.
  public let means: [Float]
  /// One standard deviation for all channels, or one for each; all are above 0.
  public let deviations: [Float]

  /// Throws a ``PixelScalingError`` if a list is empty, a number is not finite, or a deviation is not above 0.
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

  /// The scaling that leaves pixels in 0…1 as they are.
  public static let none = PixelScaling()

  /// Whether pixels in 0…1 stay as they are.
  public var isNone: Bool { means.allSatisfy { $0 == 0 } && deviations.allSatisfy { $0 == 1 } }

  /// Throws a ``PixelScalingError`` unless each list has one number, or one for each channel.
  public func check(channels: Int) throws(PixelScalingError) {
    for (what, count) in [("mean", means.count), ("std", deviations.count)]
    where count != 1 && count != channels {
      throw .wrongCount(what: what, count: count, channels: channels)
    }
  }

  /// Returns the mean and the deviation of a channel.
  public func channel(_ index: Int) -> (mean: Float, deviation: Float) {
    (means[means.count == 1 ? 0 : index], deviations[deviations.count == 1 ? 0 : index])
  }

  /// Returns the scaled value of each byte, [channels, 256], computed with PyTorch's order of operations.
  public func table(channels: Int) -> [Float] {
    (0..<channels).flatMap { channel in
      let (mean, deviation) = self.channel(channel)
      return (0..<256).map { (Float($0) / 255 - mean) / deviation }
    }
  }
}

/// The reason why numbers do not describe a scaling of pixels.
public enum PixelScalingError: Error, Equatable, CustomStringConvertible {
  case notNumbers
  case wrongCount(what: String, count: Int, channels: Int)

  public var description: String {
    switch self {
    case .notNumbers: "means must be finite numbers, and deviations finite numbers above 0"
    case .wrongCount(let what, let count, let channels):
      "--\(what) has \(count) numbers, but the images have \(channels == 1 ? "1 channel" : "\(channels) channels")"
    }
  }
}

extension PixelScaling {
  /// The text in model files, such as `mean 0.286 std 0.353`.
  public var text: String {
    func list(_ numbers: [Float]) -> String { numbers.map { "\($0)" }.joined(separator: ",") }
    return "mean \(list(means)) std \(list(deviations))"
  }
}
