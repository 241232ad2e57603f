// One step of an optimiser over a run of parameters; the formulas are PyTorch's, so that results can be compared.

/// Adam (Kingma & Ba 2015), with L2 decay, or AdamW (Loshchilov & Hutter 2019), with decoupled decay.
public struct AdamUpdate: Equatable, Sendable {
  /// learningRate / (1 − β₁ᵗ)
  public var stepSize: Float
  /// 1 / √(1 − β₂ᵗ)
  public var secondMomentScale: Float
  /// β₁ and 1 − β₁. Each is rounded from Double. Computed in Float, 1 − 0.999 would be too small by 1.3e-5 of its
  /// value, and every step longer by half of that.
  public let beta1: Float
  public let gradientShare: Float
  /// β₂ and 1 − β₂.
  public let beta2: Float
  public let squareShare: Float
  public var epsilon: Float
  /// The factor of the parameter that is added to the gradient (Adam's L2 term).
  public var gradientDecay: Float
  /// The share of itself that a parameter loses in addition to the step (AdamW: learningRate · decay). It is not
  /// stored as 1 minus the share, since a float next to 1 has no digits left for a small one.
  public var parameterDecay: Float
  /// The factor that gradients are multiplied by first (clipping).
  public var gradientScale: Float

  public init(
    stepSize: Float, secondMomentScale: Float, beta1: Double, beta2: Double, epsilon: Float,
    gradientDecay: Float, parameterDecay: Float, gradientScale: Float
  ) {
    self.stepSize = stepSize
    self.secondMomentScale = secondMomentScale
    self.beta1 = Float(beta1)
    gradientShare = Float(1 - beta1)
    self.beta2 = Float(beta2)
    squareShare = Float(1 - beta2)
    self.epsilon = epsilon
    self.gradientDecay = gradientDecay
    self.parameterDecay = parameterDecay
    self.gradientScale = gradientScale
  }
}

/// Gradient descent with momentum (no dampening), classical or Nesterov's, and L2 decay.
public struct MomentumUpdate: Equatable, Sendable {
  public var learningRate: Float
  public var momentum: Float
  /// The factor of the parameter that is added to the gradient.
  public var gradientDecay: Float
  /// The factor that gradients are multiplied by first (clipping).
  public var gradientScale: Float
  /// The factors of the new velocity and of the gradient in the step: 1 and 0 or, with Nesterov's momentum, which
  /// looks a step ahead, the momentum and 1 (Sutskever et al. 2013, in PyTorch's form).
  public let velocityShare: Float
  public let slopeShare: Float

  public init(
    learningRate: Float, momentum: Float, gradientDecay: Float, gradientScale: Float, looksAhead: Bool = false
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.gradientDecay = gradientDecay
    self.gradientScale = gradientScale
    velocityShare = looksAhead ? momentum : 1
    slopeShare = looksAhead ? 1 : 0
  }
}
