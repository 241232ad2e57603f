/// Decides which values a dropout layer drops in one step: a pure function of the layer's key and the value's index. So
/// neither threads nor chunks matter, and the backward pass recomputes the mask instead of storing it.
public struct DropoutMask: Equatable, Sendable {
  /// Differs for every seed, step and layer.
  public var key: (UInt32, UInt32)
  /// A value is dropped if its hash is below this: the probability times 2³².
  public var threshold: UInt32
  /// The factor of the values that are kept: 1 / (1 − probability).
  public var scale: Float

  public init(key: (UInt32, UInt32), probability: Double) {
    self.key = key
    threshold = UInt32(min(probability * 0x1p32, 0x1p32 - 1))
    scale = Float(1 / (1 - probability))
  }

  public static func == (left: DropoutMask, right: DropoutMask) -> Bool {
    left.key == right.key && left.threshold == right.threshold && left.scale == right.scale
  }
}
