// Slow weights that follow the optimiser's, the fast ones, from afar: Zhang et al. 2019, "Lookahead Optimizer: k steps
// forward, 1 step back".
//
//     φ ← φ + α (θ − φ),  θ ← φ      after each k-th step; θ the fast weights, φ the slow ones, which begin as θ does
//
// What the optimiser remembers goes on as it is, and so do a normalisation's running statistics, which are means over the
// last steps anyway. The model is φ, as in the paper's algorithm 1; Trainer.swift judges it.

import Compute
import Execution

/// How often, and how far, slow weights follow.
public struct Lookahead: Equatable, Sendable {
  /// k: steps from one synchronisation to the next, 2 or more; with 1 there would be nothing but shorter steps.
  public let steps: Int
  /// α: the share of the way that slow weights go towards the fast ones, 0 < α < 1.
  public let share: Double

  /// Halfway.
  public static let defaultShare = 0.5

  /// `nil` where a number is out of its range.
  public init?(steps: Int, share: Double = defaultShare) {
    guard (2...1_000_000).contains(steps), share > 0, share < 1 else { return nil }
    self.steps = steps
    self.share = share
  }

  /// Reads `5` or `5,0.8`; `nil` where it is neither.
  public init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let steps = Int(parts[0]),
      let share = parts.count == 1 ? Self.defaultShare : Double(parts[1])
    else { return nil }
    self.init(steps: steps, share: share)
  }

  /// The text that gives it again.
  public var text: String { "\(steps),\(share)" }
}

/// The slow weights at work.
final class SlowWeights {
  /// Their name among what an optimiser remembers.
  static let name = "slow_weights"

  let settings: Lookahead
  private let network: Network
  /// Laid out like the network's parameters.
  let values: FloatBuffer

  /// Begins with the network's parameters.
  init(_ settings: Lookahead, network: Network) {
    self.settings = settings
    self.network = network
    values = FloatBuffer(count: network.parameters.count)
    _ = values.floats.update(fromContentsOf: network.parameters.floats)
  }

  /// After step `step`, from 1: synchronises both if it is time. Complexity: O(parameters) then, else O(1).
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

  /// Makes both one for the first `count` parameters, which learn no more after `step` steps: what is judged counts.
  func unite(first count: Int, after step: Int) {
    let (slow, fast) = (values[0..<count], network.parameters[0..<count])
    let (source, target) = haveMoved(by: step) ? (slow, fast) : (fast, slow)
    _ = target.update(fromContentsOf: source)
    network.updateDerivedWeights()
  }

  /// Whether they differ from those that the run began with, after `step` steps.
  func haveMoved(by step: Int) -> Bool { step >= settings.steps }

  /// Calls `body` with the slow weights in the place of the fast ones; then these are back.
  func inPlace<Result>(_ body: () throws(TrainingError) -> Result) throws(TrainingError) -> Result {
    network.exchangeParameters(with: values)
    defer { network.exchangeParameters(with: values) }
    return try body()
  }
}
