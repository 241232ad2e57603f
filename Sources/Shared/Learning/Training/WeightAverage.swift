// An average of the weights of many steps or epochs, which is judged and kept in place of the last weights.
//
//     ema:DECAY   average += (1 − d) · (weights − average) after each step, d = min(DECAY, (1 + t) / (10 + t)) at step t:
//                 Polyak & Juditsky 1992, exponentially weighted; early on, the average follows more closely
//     last:N      the mean of the weights at the ends of the last N epochs: Izmailov et al. 2018, "Averaging Weights Leads
//                 to Wider Optima and Better Generalization"
//
// The statistics of normalisations then belong to other weights. Before the average is judged, they are recomputed as
// the mean over batches of training images, as PyTorch's `update_bn` does.

import Compute
import Execution

/// The average of the weights that is judged and kept.
public enum WeightAverage: Equatable, Sendable {
  /// An average over all steps, in which older ones count less: 0 < decay < 1.
  case exponential(decay: Double)
  /// The mean over the ends of the last epochs, two or more.
  case lastEpochs(Int)

  /// Parses `ema:0.999` or `last:5`. Returns `nil` for any other text.
  public init?(_ text: String) {
    let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    switch parts[0] {
    case "ema":
      guard let decay = Double(parts[1]), decay > 0, decay < 1 else { return nil }
      self = .exponential(decay: decay)
    case "last":
      guard let count = Int(parts[1]), (2...1_000_000).contains(count) else { return nil }
      self = .lastEpochs(count)
    default: return nil
    }
  }

  /// The text that parses to this average.
  public var text: String {
    switch self {
    case .exponential(let decay): "ema:\(decay)"
    case .lastEpochs(let count): "last:\(count)"
    }
  }
}

/// The average of the weights of a run.
final class AveragedWeights {
  /// Its name in the optimiser's state.
  static let name = "weight_average"

  let kind: WeightAverage
  private let network: Network
  /// The average, laid out like the network's parameters.
  let values: FloatBuffer
  private let epochs: Int

  /// Begins the average for a run of `epochs` epochs.
  init(_ kind: WeightAverage, network: Network, epochs: Int) {
    self.kind = kind
    self.network = network
    self.epochs = epochs
    values = FloatBuffer(count: network.parameters.count)
    _ = values.floats.update(fromContentsOf: network.parameters.floats)
  }

  /// Updates an exponential average after step `step`, from 1.
  ///
  /// - Complexity: O(parameters) if the average is exponential, otherwise O(1).
  func didStep(_ step: Int) {
    guard case .exponential(let decay) = kind else { return }
    let warm = (1 + Double(step)) / (10 + Double(step))
    add(share: Float(1 - min(decay, warm)))
  }

  /// Updates an average over epochs after epoch `epoch`, from 1.
  ///
  /// - Complexity: O(parameters) in the last epochs that are averaged, otherwise O(1).
  func didFinishEpoch(_ epoch: Int) {
    guard case .lastEpochs = kind, epoch >= firstEpoch else { return }
    add(share: 1 / Float(epoch - firstEpoch + 1))
  }

  private var firstEpoch: Int {
    if case .lastEpochs(let count) = kind { max(1, epochs - count + 1) } else { 1 }
  }

  /// Whether it averages over several weights at the end of epoch `epoch`.
  func isDue(epoch: Int) -> Bool {
    if case .exponential = kind { true } else { epoch > firstEpoch }
  }

  /// Moves the average: average += share · (weights − average).
  ///
  /// - Complexity: O(parameters).
  private func add(share: Float) {
    let (average, weights) = (values.floats, network.parameters.floats)
    network.engine.forEachRun(average.count) { run in
      let (target, source) = (average.baseAddress!, weights.baseAddress!)
      for index in run { target[index] += share * (source[index] - target[index]) }
    }
  }

  /// Calls `prepare` and `body` with the average in place of the weights, then restores weights and statistics.
  ///
  /// - Complexity: O(parameters) besides `prepare` and `body`.
  func inPlace<Result>(
    _ prepare: () throws(TrainingError) -> Void, _ body: () throws(TrainingError) -> Result
  ) throws(TrainingError) -> Result {
    let statistics = Array(network.constants.floats)
    network.exchangeParameters(with: values)
    defer {
      _ = network.constants.floats.update(fromContentsOf: statistics)
      network.exchangeParameters(with: values)
    }
    try prepare()
    return try body()
  }
}
