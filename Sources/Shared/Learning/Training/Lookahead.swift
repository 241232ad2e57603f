// Lookahead: slow weights that follow the optimiser's fast weights (Zhang et al. 2019, "Lookahead Optimizer: k steps
// forward, 1 step back").
//
//     φ ← φ + α (θ − φ),  θ ← φ      after every k-th step; θ: fast weights, φ: slow ones, which begin equal to θ
//
// Synchronising leaves the optimiser's moments as they are, and also a normalisation's running statistics, which are
// means over the latest steps anyway. The model is φ, as in the paper's algorithm 1; TrainerJudging.swift judges it.

import Compute
import Execution

/// How often and how far slow weights follow the fast ones.
public struct Lookahead: Equatable, Sendable {
  /// k: the number of steps from one synchronisation to the next, at least 2. With 1, steps would only be shorter.
  public let steps: Int
  /// α: the share of the distance that slow weights move towards the fast ones, 0 < α < 1.
  public let share: Double

  /// The default of α: halfway.
  public static let defaultShare = 0.5

  /// Returns `nil` if a number is out of its range.
  public init?(steps: Int, share: Double = defaultShare) {
    guard (2...1_000_000).contains(steps), share > 0, share < 1 else { return nil }
    self.steps = steps
    self.share = share
  }

  /// Parses `5` or `5,0.8`. Returns `nil` for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let steps = Int(parts[0]),
      let share = parts.count == 1 ? Self.defaultShare : Double(parts[1])
    else { return nil }
    self.init(steps: steps, share: share)
  }

  /// The text that parses to these settings.
  public var text: String { "\(steps),\(share)" }
}

/// The slow weights of a run.
final class SlowWeights {
  /// Their name in the optimiser's state.
  static let name = "slow_weights"

  let settings: Lookahead
  private let network: Network
  /// The slow weights, laid out like the network's parameters.
  let values: FloatBuffer

  /// Begins with the network's parameters.
  init(_ settings: Lookahead, network: Network) {
    self.settings = settings
    self.network = network
    values = FloatBuffer(count: network.parameters.count)
    _ = values.floats.update(fromContentsOf: network.parameters.floats)
  }

  /// Synchronises both weights after step `step`, from 1, if it is time.
  ///
  /// - Complexity: O(parameters) if it is, otherwise O(1).
  func didStep(_ step: Int) {
    guard step.isMultiple(of: settings.steps) else { return }
    let share = Float(settings.share)
    let (slow, fast) = (values.floats, network.parameters.floats)
    network.engine.forEachRun(slow.count) { run in
      let (slow, fast) = (slow.baseAddress!, fast.baseAddress!)
      for index in run {
        slow[index] += share * (fast[index] - slow[index])
        fast[index] = slow[index]
      }
    }
  }

  /// Makes slow and fast weights equal for the first `count` parameters, which stop learning after `step` steps. Both
  /// take the weights that are judged.
  ///
  /// - Complexity: O(count) besides updating the derived weights.
  func unite(first count: Int, after step: Int) {
    let (slow, fast) = (values[0..<count], network.parameters[0..<count])
    let (source, target) = haveMoved(by: step) ? (slow, fast) : (fast, slow)
    _ = target.update(fromContentsOf: source)
    network.updateDerivedWeights()
  }

  /// Whether the slow weights have left the first weights after `step` steps.
  func haveMoved(by step: Int) -> Bool { step >= settings.steps }

  /// Calls `body` with the slow weights in place of the fast ones, then restores these.
  ///
  /// - Complexity: O(parameters) besides `body`.
  func inPlace<Result>(_ body: () throws(TrainingError) -> Result) throws(TrainingError) -> Result {
    network.exchangeParameters(with: values)
    defer { network.exchangeParameters(with: values) }
    return try body()
  }
}
