// One step of an optimiser over a run of parameters; the formulas are PyTorch's, so that results can be compared.

/// Adam (Kingma & Ba 2015), with L2 decay, or AdamW (Loshchilov & Hutter 2019), with decoupled decay.
public struct AdamUpdate: Equatable, Sendable {
  /// learningRate / (1 − β₁ᵗ)
  public var stepSize: Float
  /// 1 / √(1 − β₂ᵗ)
  public var secondMomentScale: Float
  public var beta1: Float
  public var beta2: Float
  public var epsilon: Float
  /// Added to the gradient, times the parameter (Adam's L2 term).
  public var gradientDecay: Float
  /// What parameters are multiplied by before the step (AdamW: 1 − learningRate · decay).
  public var parameterScale: Float
  /// What gradients are multiplied by first (clipping).
  public var gradientScale: Float

  public init(
    stepSize: Float, secondMomentScale: Float, beta1: Float, beta2: Float, epsilon: Float,
    gradientDecay: Float,
    parameterScale: Float, gradientScale: Float
  ) {
    self.stepSize = stepSize
    self.secondMomentScale = secondMomentScale
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.gradientDecay = gradientDecay
    self.parameterScale = parameterScale
    self.gradientScale = gradientScale
  }
}

/// Gradient descent with momentum (no dampening) and L2 decay.
public struct MomentumUpdate: Equatable, Sendable {
  public var learningRate: Float
  public var momentum: Float
  /// Added to the gradient, times the parameter.
  public var gradientDecay: Float
  /// What gradients are multiplied by first (clipping).
  public var gradientScale: Float

  public init(learningRate: Float, momentum: Float, gradientDecay: Float, gradientScale: Float) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.gradientDecay = gradientDecay
    self.gradientScale = gradientScale
  }
}
