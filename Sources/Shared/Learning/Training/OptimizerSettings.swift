// Which optimiser takes the steps, and its constants.

/// Which optimiser, and its constants.
public struct OptimizerSettings: Equatable, Sendable {
  /// The method; all compute what PyTorch's of the same name does.
  public enum Method: String, CaseIterable, Sendable {
    /// Kingma & Ba 2015; weight decay is an L2 term of the gradient.
    case adam
    /// Loshchilov & Hutter 2019; weight decay is applied to the weights.
    case adamw
    /// Gradient descent with momentum; weight decay is an L2 term of the gradient.
    case sgd
    /// Jordan et al. 2024: orthogonal steps of hidden layers' weights, AdamW's of all else (Muon.swift).
    case muon

    /// The peak of the schedule where none is given: what suits the method, not one number for all. docs/training.md
    /// tells how they were chosen.
    public var learningRate: Double {
      switch self {
      case .adam, .adamw: 0.002
      case .sgd: 0.1
      case .muon: 0.02
      }
    }

    /// PyTorch's default for the method: AdamW without decay would be Adam. Muon's there is 0.1 for a rate of 0.001; its
    /// author's is 0.
    public var weightDecay: Double {
      switch self {
      case .adam, .sgd, .muon: 0
      case .adamw: 0.01
      }
    }

    /// Of methods with momentum: what is usual for gradient descent, and Muon's author's.
    public var momentum: Double { self == .muon ? 0.95 : 0.9 }

    /// Whether momentum is a setting of the method.
    public var hasMomentum: Bool { self == .sgd || self == .muon }
  }

  /// Which parameters weight decay is of.
  public enum DecayScope: String, CaseIterable, Sendable {
    case all
    /// Weights of convolutions and dense layers; not biases, nor scales and biases of normalisations.
    case weights
  }
  public var method: Method
  public var weightDecay: Double
  /// Of `sgd` and `muon`.
  public var momentum: Double
  /// Whether momentum looks a step ahead (Nesterov 1983; Sutskever et al. 2013). Of `sgd`.
  public var isNesterov: Bool
  /// Which parameters decay.
  public var decayScope: DecayScope
  /// What the learning rate is multiplied by for scales and biases of normalisations.
  public var normalizationRate: Double
  /// What the learning rate is multiplied by for what takes AdamW's steps beside `muon`'s.
  public var adamRate: Double
  /// The largest norm of the whole gradient; a longer one is shortened to it (Pascanu et al. 2013).
  public var gradientLimit: Double?

  /// Arrays like the parameters that it remembers.
  var momentCount: Int {
    switch method {
    case .adam, .adamw, .muon: 2
    case .sgd: 1
    }
  }

  static let beta1 = 0.9
  static let beta2 = 0.999
  static let epsilon = 1e-8

  /// 0.002 at Muon's default rate, as is Adam's own.
  public static let defaultAdamRate = 0.1

  /// `weightDecay` or `momentum` nil means the method's own.
  public init(
    method: Method, weightDecay: Double? = nil, momentum: Double? = nil, isNesterov: Bool = false,
    decayScope: DecayScope = .all, normalizationRate: Double = 1, adamRate: Double = defaultAdamRate,
    gradientLimit: Double? = nil
  ) {
    self.method = method
    self.weightDecay = weightDecay ?? method.weightDecay
    self.momentum = momentum ?? method.momentum
    self.isNesterov = isNesterov
    self.decayScope = decayScope
    self.normalizationRate = normalizationRate
    self.adamRate = adamRate
    self.gradientLimit = gradientLimit
  }
}
