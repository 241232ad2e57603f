// The choice of the optimiser and its constants.

/// An optimiser and its constants.
public struct OptimizerSettings: Equatable, Sendable {
  /// The method. Each computes what PyTorch's method of the same name does.
  public enum Method: String, CaseIterable, Sendable {
    /// Kingma & Ba 2015; weight decay is an L2 term of the gradient.
    case adam
    /// Loshchilov & Hutter 2019; weight decay is applied to the weights.
    case adamw
    /// Gradient descent with momentum; weight decay is an L2 term of the gradient.
    case sgd
    /// Jordan et al. 2024: orthogonal steps for the weights of hidden layers, AdamW's for all else (Muon.swift).
    case muon

    /// The default peak of the schedule, which suits the method. docs/training.md says how these were chosen.
    public var learningRate: Double {
      switch self {
      case .adam, .adamw: 0.002
      case .sgd: 0.1
      case .muon: 0.02
      }
    }

    /// PyTorch's default for the method, since AdamW without decay would be Adam. For Muon, PyTorch has 0.1 at a rate
    /// of 0.001; its author has 0, which is the default here.
    public var weightDecay: Double {
      switch self {
      case .adam, .sgd, .muon: 0
      case .adamw: 0.01
      }
    }

    /// The default for methods with momentum: the usual one for gradient descent, and the author's for Muon.
    public var momentum: Double { self == .muon ? 0.95 : 0.9 }

    /// Whether momentum is a setting of the method.
    public var hasMomentum: Bool { self == .sgd || self == .muon }
  }

  /// The parameters to which weight decay applies.
  public enum DecayScope: String, CaseIterable, Sendable {
    case all
    /// Weights of convolutions and dense layers, but not biases, nor scales and biases of normalisations.
    case weights
  }
  public var method: Method
  public var weightDecay: Double
  /// The momentum of `sgd` and `muon`.
  public var momentum: Double
  /// Whether the momentum of `sgd` looks a step ahead (Nesterov 1983; Sutskever et al. 2013).
  public var isNesterov: Bool
  /// The parameters that decay.
  public var decayScope: DecayScope
  /// A factor of the learning rate for scales and biases of normalisations.
  public var normalizationRate: Double
  /// A factor of the learning rate for the parameters that take AdamW's steps under `muon`.
  public var adamRate: Double
  /// The largest norm of the whole gradient. A longer gradient is shortened to it (Pascanu et al. 2013).
  public var gradientLimit: Double?

  /// The number of arrays of the parameters' size that the method keeps from step to step.
  var momentCount: Int {
    switch method {
    case .adam, .adamw, .muon: 2
    case .sgd: 1
    }
  }

  static let beta1 = 0.9
  static let beta2 = 0.999
  static let epsilon = 1e-8

  /// Gives 0.002 at Muon's default rate, which is Adam's default, too.
  public static let defaultAdamRate = 0.1

  /// If `weightDecay` or `momentum` is `nil`, the method's default applies.
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
