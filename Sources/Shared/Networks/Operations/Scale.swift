/// `scale:FACTOR`: multiplies every value by a fixed number.
public struct Scale: Equatable, Sendable {
  public var factor: Double

  public init(factor: Double) { self.factor = factor }
}
