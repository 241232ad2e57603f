// The optimisers: what becomes of gradients. The arithmetic is in the kernels.

import Execution
import Compute
import KernelInterface

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

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

    /// The peak of the schedule where none is given: what suits the method, not one number for all. docs/training.md
    /// tells how they were chosen.
    public var learningRate: Double {
      switch self {
      case .adam, .adamw: 0.002
      case .sgd: 0.1
      }
    }

    /// PyTorch's default for the method: AdamW without decay would be Adam.
    public var weightDecay: Double {
      switch self {
      case .adam, .sgd: 0
      case .adamw: 0.01
      }
    }
  }

  /// Which parameters weight decay is of.
  public enum DecayScope: String, CaseIterable, Sendable {
    case all
    /// Weights of convolutions and dense layers; not biases, nor scales and biases of normalisations.
    case weights
  }
  public var method: Method
  public var weightDecay: Double
  /// Of `sgd`.
  public var momentum: Double
  /// Whether momentum looks a step ahead (Nesterov 1983; Sutskever et al. 2013). Of `sgd`.
  public var isNesterov: Bool
  /// Which parameters decay.
  public var decayScope: DecayScope
  /// What the learning rate is multiplied by for scales and biases of normalisations.
  public var normalizationRate: Double
  /// The largest norm of the whole gradient; a longer one is shortened to it (Pascanu et al. 2013).
  public var gradientLimit: Double?

  /// Arrays like the parameters that it remembers.
  var momentCount: Int {
    switch method {
    case .adam, .adamw: 2
    case .sgd: 1
    }
  }

  static let beta1 = 0.9
  static let beta2 = 0.999
  static let epsilon = 1e-8

  /// `weightDecay` nil means the method's own.
  public init(
    method: Method, weightDecay: Double? = nil, momentum: Double = 0.9, isNesterov: Bool = false,
    decayScope: DecayScope = .all, normalizationRate: Double = 1, gradientLimit: Double? = nil
  ) {
    self.method = method
    self.weightDecay = weightDecay ?? method.weightDecay
    self.momentum = momentum
    self.isNesterov = isNesterov
    self.decayScope = decayScope
    self.normalizationRate = normalizationRate
    self.gradientLimit = gradientLimit
  }
}

/// An optimiser and its state for one network.
final class Optimizer {
  let settings: OptimizerSettings
  private let network: Network
  /// Adam's first moment, or the velocity.
  private let firstMoment: FloatBuffer
  /// Adam's second moment; empty for the others.
  private let secondMoment: FloatBuffer
  /// The average of the weights, where one is kept.
  let average: AveragedWeights?
  /// The slow weights, where there are some.
  let slowWeights: SlowWeights?
  private(set) var stepsTaken = 0

  init(
    _ settings: OptimizerSettings, network: Network, average: AveragedWeights? = nil,
    slowWeights: SlowWeights? = nil
  ) {
    self.settings = settings
    self.average = average
    self.slowWeights = slowWeights
    self.network = network
    let count = network.parameters.count
    firstMoment = FloatBuffer(count: count)
    secondMoment = FloatBuffer(count: settings.momentCount > 1 ? count : 0)
  }

  /// Whether a step can begin before the whole gradient is known: where it is clipped, its norm is wanted first.
  var updatesEarly: Bool { settings.gradientLimit == nil }

  /// A step, for all parameters or part by part.
  func update(learningRate: Double) -> ParameterUpdate {
    update(
      learningRate: learningRate, gradientScale: gradientScale(network.gradient.floats))
  }

  /// A whole step: changes all parameters by the gradient in the network's training memory.
  func step(learningRate: Double) {
    finish(update(learningRate: learningRate), [0..<network.parameters.count])
  }

  /// Takes a step to its end: changes the parameters in `places`, whose gradient is in the training memory.
  func finish(_ update: ParameterUpdate, _ places: [Range<Int>]) {
    let gradient = network.gradient.floats
    for place in places {
      network.engine.forEachRun(place.count, length: Self.runLength) { run in
        let parameters = place.lowerBound + run.lowerBound..<place.lowerBound + run.upperBound
        update(parameters, Floats(rebasing: gradient[parameters]))
      }
    }
    stepsTaken += 1
    // The average is of the weights from which the next step begins.
    slowWeights?.didStep(stepsTaken)
    average?.didStep(stepsTaken)
    network.updateDerivedWeights()
  }

  /// Parameters of a run: four arrays of 64 KiB, so that a run fits the L2 cache.
  private static let runLength = 1 << 14

  private func update(learningRate: Double, gradientScale: Float) -> ParameterUpdate {
    guard !treatsAllAlike else {
      return update(.weights, learningRate: learningRate, gradientScale: gradientScale)
    }
    var updates: [ParameterKind: ParameterUpdate] = [:]
    for kind in Set(network.parameterParts.map(\.kind)) {
      updates[kind] = update(kind, learningRate: learningRate, gradientScale: gradientScale)
    }
    let parts = network.parameterParts
    return { run, gradient in
      // The parts are many in a run of small layers, few in one of large ones; those before the run are skipped.
      var index = parts.partitioningIndex { $0.places.upperBound > run.lowerBound }
      while index < parts.count, parts[index].places.lowerBound < run.upperBound {
        let places = parts[index].places.clamped(to: run)
        let start = places.lowerBound - run.lowerBound
        if !places.isEmpty {
          updates[parts[index].kind]!(places, Floats(rebasing: gradient[start..<start + places.count]))
        }
        index += 1
      }
    }
  }

  /// Whether the constants are the same for all kinds of parameters.
  private var treatsAllAlike: Bool {
    settings.normalizationRate == 1 && (settings.decayScope == .all || settings.weightDecay == 0)
  }

  /// What becomes of parameters of one kind.
  private func update(
    _ kind: ParameterKind, learningRate: Double, gradientScale: Float
  ) -> ParameterUpdate {
    let engine = network.engine
    let parameters = network.parameters.floats
    let (first, second) = (firstMoment.floats, secondMoment.floats)
    let rate = kind == .normalization ? learningRate * settings.normalizationRate : learningRate
    let decay = kind == .weights || settings.decayScope == .all ? settings.weightDecay : 0
    switch settings.method {
    case .adam, .adamw:
      let update = adamUpdate(rate, decay: decay, gradientScale: gradientScale)
      return { run, gradient in
        engine.adam(
          update, run, gradient: gradient, parameters: parameters, firstMoment: first, secondMoment: second)
      }
    case .sgd:
      let update = MomentumUpdate(
        learningRate: Float(rate), momentum: Float(settings.momentum), gradientDecay: Float(decay),
        gradientScale: gradientScale, looksAhead: settings.isNesterov)
      return { run, gradient in
        engine.momentum(update, run, gradient: gradient, parameters: parameters, velocity: first)
      }
    }
  }

  // MARK: - State

  /// What is remembered for each parameter: averages over past gradients, by PyTorch's names, and weights.
  private var moments: [(name: String, values: FloatBuffer)] {
    let own =
      switch settings.method {
      case .adam, .adamw: [("exp_avg", firstMoment), ("exp_avg_sq", secondMoment)]
      case .sgd: [("momentum_buffer", firstMoment)]
      }
    return own + (slowWeights.map { [(SlowWeights.name, $0.values)] } ?? [])
      + (average.map { [(AveragedWeights.name, $0.values)] } ?? [])
  }

  /// The names of the averages that the method keeps.
  var momentNames: [String] { moments.map(\.name) }

  /// All that the next step depends on, besides weights and gradient.
  var state: OptimizerState {
    OptimizerState(
      stepsTaken: stepsTaken,
      moments: moments.map { OptimizerState.Moment(name: $0.name, values: network.export($0.values)) })
  }

  /// Goes on from a state whose moments have this optimiser's names, in their order, and the network's shapes.
  func restore(_ state: OptimizerState) {
    precondition(state.moments.map(\.name) == momentNames, "the state of another optimiser")
    stepsTaken = state.stepsTaken
    for (moment, saved) in zip(moments, state.moments) {
      // Padding is 0, and stays so.
      moment.values.clear()
      network.place(saved.values, in: moment.values)
    }
  }

  // MARK: - One step's constants

  private func gradientScale(_ gradient: Floats) -> Float {
    guard let limit = settings.gradientLimit else { return 1 }
    let norm = network.engine.norm(gradient)
    // PyTorch's clip_grad_norm_ adds the same 1e-6.
    return norm > limit ? Float(limit / (norm + 1e-6)) : 1
  }

  private func adamUpdate(
    _ learningRate: Double, decay: Double, gradientScale: Float
  ) -> AdamUpdate {
    let step = Double(stepsTaken + 1)
    let isDecoupled = settings.method == .adamw
    return AdamUpdate(
      stepSize: Float(learningRate / (1 - pow(OptimizerSettings.beta1, step))),
      secondMomentScale: Float(1 / (1 - pow(OptimizerSettings.beta2, step)).squareRoot()),
      beta1: OptimizerSettings.beta1, beta2: OptimizerSettings.beta2,
      epsilon: Float(OptimizerSettings.epsilon),
      gradientDecay: isDecoupled ? 0 : Float(decay),
      parameterDecay: isDecoupled ? Float(learningRate * decay) : 0,
      gradientScale: gradientScale)
  }
}

extension Array {
  /// The first index whose element satisfies a condition, which all elements after it satisfy; the count if none does.
  fileprivate func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
