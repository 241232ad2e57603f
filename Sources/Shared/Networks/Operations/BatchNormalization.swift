// Batch normalisation: Ioffe & Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by Reducing
// Internal Covariate Shift". As PyTorch's BatchNorm2d and BatchNorm1d compute it.

/// `norm[,epsilon=1e-5][,momentum=0.1][,scale=yes]`
public struct BatchNormalization: Equatable, Sendable {
  /// Added to the variance.
  public var epsilon: Double
  /// The share of a batch's statistics in the running ones.
  public var momentum: Double
  /// Whether the scale is learned; else it is 1.
  public var learnsScale: Bool

  public init(epsilon: Double = 1e-5, momentum: Double = 0.1, learnsScale: Bool = true) {
    self.epsilon = epsilon
    self.momentum = momentum
    self.learnsScale = learnsScale
  }
}
