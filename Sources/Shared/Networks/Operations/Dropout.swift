/// `dropout:PROBABILITY`: in training, drops values at random and scales the others (Srivastava et al. 2014).
public struct Dropout: Equatable, Sendable {
  /// 0 ..< 1
  public var probability: Double

  public init(probability: Double) { self.probability = probability }
}
