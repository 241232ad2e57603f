// The optimisers: what becomes of gradients. The arithmetic is in the kernels.

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
  }
  public var method: Method
  public var weightDecay: Double
  /// Of `sgd`.
  public var momentum: Double
  /// The largest norm of the whole gradient; a longer one is shortened to it (Pascanu et al. 2013).
  public var gradientLimit: Double?

  static let beta1 = 0.9
  static let beta2 = 0.999
  static let epsilon = 1e-8

  public init(
    method: Method, weightDecay: Double = 0, momentum: Double = 0.9, gradientLimit: Double? = nil
  ) {
    self.method = method
    self.weightDecay = weightDecay
    self.momentum = momentum
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
  private(set) var stepsTaken = 0

  init(_ settings: OptimizerSettings, network: Network) {
    self.settings = settings
    self.network = network
    let count = network.parameters.count
    firstMoment = FloatBuffer(count: count)
    secondMoment = FloatBuffer(count: settings.method == .sgd ? 0 : count)
  }

  /// Changes the network's parameters by the gradient in its training memory.
  func step(learningRate: Double) {
    let gradient = network.trainingMemory.gradient.floats
    let update = update(learningRate: learningRate, gradientScale: gradientScale(gradient))
    network.engine.forEachRun(gradient.count, length: Self.runLength) { run in
      update(run, Floats(rebasing: gradient[run]))
    }
    stepsTaken += 1
    network.updateDerivedWeights()
  }

  /// Parameters of a run: four arrays of 64 KiB, so that a run fits the L2 cache.
  ///
  /// To update each block of weights as soon as its gradient is computed, while that is in the cache, would save memory
  /// traffic, and was slower at every batch size tried: many short runs keep hardware prefetching from getting under way.
  private static let runLength = 1 << 14

  /// What one step does to a run of parameters, given its gradient.
  private func update(
    learningRate: Double, gradientScale: Float
  ) -> (_ run: Range<Int>, _ gradient: Floats) -> Void {
    let engine = network.engine
    let parameters = network.parameters.floats
    let (first, second) = (firstMoment.floats, secondMoment.floats)
    switch settings.method {
    case .adam, .adamw:
      let update = adamUpdate(learningRate, gradientScale: gradientScale)
      return { run, gradient in
        engine.adam(
          update, run, gradient: gradient, parameters: parameters, firstMoment: first, secondMoment: second)
      }
    case .sgd:
      let update = MomentumUpdate(
        learningRate: Float(learningRate), momentum: Float(settings.momentum),
        gradientDecay: Float(settings.weightDecay), gradientScale: gradientScale)
      return { run, gradient in
        engine.momentum(update, run, gradient: gradient, parameters: parameters, velocity: first)
      }
    }
  }

  // MARK: - State

  /// The averages over past gradients, by PyTorch's names.
  private var moments: [(name: String, values: FloatBuffer)] {
    switch settings.method {
    case .adam, .adamw: [("exp_avg", firstMoment), ("exp_avg_sq", secondMoment)]
    case .sgd: [("momentum_buffer", firstMoment)]
    }
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

  private func adamUpdate(_ learningRate: Double, gradientScale: Float) -> AdamUpdate {
    let step = Double(stepsTaken + 1)
    let isDecoupled = settings.method == .adamw
    return AdamUpdate(
      stepSize: Float(learningRate / (1 - pow(OptimizerSettings.beta1, step))),
      secondMomentScale: Float(1 / (1 - pow(OptimizerSettings.beta2, step)).squareRoot()),
      beta1: Float(OptimizerSettings.beta1), beta2: Float(OptimizerSettings.beta2),
      epsilon: Float(OptimizerSettings.epsilon),
      gradientDecay: isDecoupled ? 0 : Float(settings.weightDecay),
      parameterScale: isDecoupled ? Float(1 - learningRate * settings.weightDecay) : 1,
      gradientScale: gradientScale)
  }
}
