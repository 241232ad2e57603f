// The optimisers: what becomes of gradients. The arithmetic is in the kernels.

import Execution
import Compute
import KernelInterface
import TensorStream

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An optimiser and its state for one network.
final class Optimizer {
  let settings: OptimizerSettings
  private let network: Network
  /// Adam's first moment, Muon's, which is the same mean, or the velocity.
  private let firstMoment: FloatBuffer
  /// Adam's second moment; empty for the others.
  private let secondMoment: FloatBuffer
  /// What takes steps of whole matrices, where that is the method.
  private let muon: Muon?
  /// The average of the weights, where one is kept.
  let average: AveragedWeights?
  /// The slow weights, where there are some.
  let slowWeights: SlowWeights?
  /// Where leading layers with rates of their own end: the number of parameters up to there, rising.
  private let leadingEnds: [Int]
  private(set) var stepsTaken = 0

  init(
    _ settings: OptimizerSettings, network: Network, average: AveragedWeights? = nil,
    slowWeights: SlowWeights? = nil, leadingEnds: [Int] = []
  ) {
    self.settings = settings
    self.leadingEnds = leadingEnds
    self.average = average
    self.slowWeights = slowWeights
    self.network = network
    let count = network.parameters.count
    muon = settings.method == .muon ? Muon(network, momentum: settings.momentum) : nil
    firstMoment = FloatBuffer(count: count)
    secondMoment = FloatBuffer(count: settings.momentCount > 1 ? count : 0)
  }

  /// Whether a step can begin before the whole gradient is known: where it is clipped, its norm is wanted first, and a
  /// matrix takes its step as a whole.
  var updatesEarly: Bool { settings.gradientLimit == nil && muon == nil }

  /// A step, for all parameters or part by part.
  func update(_ rates: StepRates) -> ParameterUpdate {
    let gradient = Floats(rebasing: network.gradient.floats[network.learningParameters])
    return update(rates, gradientScale: gradientScale(gradient))
  }

  /// A whole step: changes all parameters that learn by the gradient in the network's training memory, which is then of no
  /// more use.
  func step(_ rates: StepRates) {
    change([network.learningParameters], update(rates))
    muon?.step(network.gradient.floats, decay: decay(of: .weights)) { places in
      network.learningParameters.contains(places.lowerBound) ? rates[leadingPart(of: places)] : nil
    }
    endStep()
  }

  /// The same with one rate for all.
  func update(learningRate: Double) -> ParameterUpdate { update(StepRates(learningRate)) }
  func step(learningRate: Double) { step(StepRates(learningRate)) }

  /// The number of leading ends up to some places: whose rate theirs is.
  private func leadingPart(of places: Range<Int>) -> Int { leadingEnds.count { $0 <= places.lowerBound } }

  /// Takes a step to its end: changes the parameters in `places`, whose gradient is in the training memory.
  func finish(_ update: ParameterUpdate, _ places: [Range<Int>]) {
    change(places, update)
    endStep()
  }

  private func change(_ places: [Range<Int>], _ update: ParameterUpdate) {
    let gradient = network.gradient.floats
    for place in places {
      network.engine.forEachRun(place.count) { run in
        let parameters = place.lowerBound + run.lowerBound..<place.lowerBound + run.upperBound
        update(parameters, Floats(rebasing: gradient[parameters]))
      }
    }
  }

  private func endStep() {
    stepsTaken += 1
    // The average is of the weights from which the next step begins.
    slowWeights?.didStep(stepsTaken)
    average?.didStep(stepsTaken)
    network.updateDerivedWeights()
  }

  private func update(_ rates: StepRates, gradientScale: Float) -> ParameterUpdate {
    guard !treatsAllAlike else {
      return update(Rule(kind: .weights), learningRate: rates.general, gradientScale: gradientScale)
    }
    let rules = rules
    let updates = Dictionary(
      uniqueKeysWithValues: Set(rules.map(\.rule)).map {
        ($0, update($0, learningRate: rates[$0.leadingPart], gradientScale: gradientScale))
      })
    return { run, gradient in
      // The parts are many in a run of small layers, few in one of large ones; those before the run are skipped.
      var index = rules.partitioningIndex { $0.places.upperBound > run.lowerBound }
      while index < rules.count, rules[index].places.lowerBound < run.upperBound {
        let places = rules[index].places.clamped(to: run)
        let start = places.lowerBound - run.lowerBound
        if !places.isEmpty {
          updates[rules[index].rule]!(places, Floats(rebasing: gradient[start..<start + places.count]))
        }
        index += 1
      }
    }
  }

  /// What distinguishes the steps of some parameters from those of others.
  private struct Rule: Hashable {
    var kind: ParameterKind
    /// Whether they are a matrix of Muon's.
    var isMatrix = false
    /// Which rate is theirs.
    var leadingPart = 0
  }

  /// All parameters with their rules, in the order of their places.
  private lazy var rules: [(places: Range<Int>, rule: Rule)] = network.parameterParts.map { part in
    (
      part.places,
      Rule(
        kind: part.kind, isMatrix: muon?.takesSteps(of: part.places) ?? false,
        leadingPart: leadingPart(of: part.places))
    )
  }

  /// Whether the constants are the same for all kinds of parameters.
  private var treatsAllAlike: Bool {
    muon == nil && leadingEnds.isEmpty && settings.normalizationRate == 1
      && (settings.decayScope == .all || settings.weightDecay == 0)
  }

  private func decay(of kind: ParameterKind) -> Double {
    kind == .weights || settings.decayScope == .all ? settings.weightDecay : 0
  }

  /// What becomes of parameters of one kind; of those of a matrix, what comes before its step.
  private func update(_ rule: Rule, learningRate: Double, gradientScale: Float) -> ParameterUpdate {
    let engine = network.engine
    let parameters = network.parameters.floats
    let (first, second) = (firstMoment.floats, secondMoment.floats)
    var rate = rule.kind == .normalization ? learningRate * settings.normalizationRate : learningRate
    let decay = decay(of: rule.kind)
    if rule.isMatrix, let muon {
      return { run, gradient in
        muon.advance(run, gradient: gradient, momentum: first, gradientScale: gradientScale)
      }
    }
    switch settings.method {
    case .adam, .adamw, .muon:
      if muon != nil { rate *= settings.adamRate }
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
      case .adam, .adamw, .muon: [("exp_avg", firstMoment), ("exp_avg_sq", secondMoment)]
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
    let isDecoupled = settings.method != .adam
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

/// The learning rates of a step.
struct StepRates {
  let general: Double
  /// Of the leading layers that have rates of their own, for each of the optimiser's leading ends.
  private let leading: [Double]

  init(_ general: Double, leading: [Double] = []) {
    self.general = general
    self.leading = leading
  }

  /// The rate of a leading part; beyond those, the general one.
  subscript(part: Int) -> Double { part < leading.count ? leading[part] : general }
}
