// The optimisers turn gradients into steps. The arithmetic is in the kernels.

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
  /// Adam's first moment, Muon's momentum, which is the same mean, or the velocity of gradient descent, laid out like
  /// the network's parameters.
  private let firstMoment: FloatBuffer
  /// Adam's second moment, laid out in the same way; empty for methods without one.
  private let secondMoment: FloatBuffer
  /// Takes the steps of whole matrices; `nil` for methods other than Muon.
  private let muon: Muon?
  /// The average of the weights, if one is kept.
  let average: AveragedWeights?
  /// The slow weights, if Lookahead is used.
  let slowWeights: SlowWeights?
  /// The ends of leading layers with learning rates of their own, as numbers of parameters, in rising order.
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

  /// Whether a step can begin before the whole gradient is known. Clipping needs the norm first, and a matrix takes its
  /// step as a whole.
  var updatesEarly: Bool { settings.gradientLimit == nil && muon == nil }

  /// Returns a step that can be taken for all parameters or part by part.
  func update(_ rates: StepRates) -> ParameterUpdate {
    let gradient = Floats(rebasing: network.gradient.floats[network.learningParameters])
    return update(rates, gradientScale: gradientScale(gradient))
  }

  /// Takes a whole step: changes all learning parameters by the gradient in the network's training memory, which may be
  /// overwritten.
  ///
  /// - Complexity: O(learning parameters); with Muon, also that of the matrices' steps.
  func step(_ rates: StepRates) {
    change([network.learningParameters], update(rates))
    muon?.step(network.gradient.floats, decay: decay(of: .weights)) { places in
      network.learningParameters.contains(places.lowerBound) ? rates[leadingPart(of: places)] : nil
    }
    endStep()
  }

  /// Returns the index, in ``StepRates``, of the learning rate for the parameters at some places.
  private func leadingPart(of places: Range<Int>) -> Int { leadingEnds.count { $0 <= places.lowerBound } }

  /// Finishes a step: changes the parameters in `places`, whose gradient is in the training memory.
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
    // The average takes the weights from which the next step begins, so Lookahead comes first.
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
      // A run of small layers has many parts, a run of a large layer few. The search skips those before the run.
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

  /// Distinguishes parameters that take different steps.
  private struct Rule: Hashable {
    var kind: ParameterKind
    /// Whether they are one of Muon's matrices.
    var isMatrix = false
    /// The index of their learning rate in ``StepRates``.
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

  /// Returns the step of parameters with one rule. For a matrix, it only updates the momentum, which comes before the
  /// matrix's step.
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

  /// The values kept for each parameter: averages over past gradients, by PyTorch's names, and other weights.
  private var moments: [(name: String, values: FloatBuffer)] {
    let own =
      switch settings.method {
      case .adam, .adamw, .muon: [("exp_avg", firstMoment), ("exp_avg_sq", secondMoment)]
      case .sgd: [("momentum_buffer", firstMoment)]
      }
    return own + (slowWeights.map { [(SlowWeights.name, $0.values)] } ?? [])
      + (average.map { [(AveragedWeights.name, $0.values)] } ?? [])
  }

  /// The names of the values kept for each parameter.
  var momentNames: [String] { moments.map(\.name) }

  /// Everything that the next step depends on, besides weights and gradient.
  ///
  /// - Complexity: O(parameters · moments), in time and memory.
  var state: OptimizerState {
    OptimizerState(
      stepsTaken: stepsTaken,
      moments: moments.map { OptimizerState.Moment(name: $0.name, values: network.export($0.values)) })
  }

  /// Restores a state whose moments have this optimiser's names, in their order, and the network's shapes.
  ///
  /// - Complexity: O(parameters · moments).
  func restore(_ state: OptimizerState) {
    precondition(state.moments.map(\.name) == momentNames, "the state of another optimiser")
    stepsTaken = state.stepsTaken
    for (moment, saved) in zip(moments, state.moments) {
      // Padding must stay 0.
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
  /// The rates of leading layers, one for each of the optimiser's leading ends.
  private let leading: [Double]

  init(_ general: Double, leading: [Double] = []) {
    self.general = general
    self.leading = leading
  }

  /// The rate of a leading part, or the general rate after the last one.
  subscript(part: Int) -> Double { part < leading.count ? leading[part] : general }
}
