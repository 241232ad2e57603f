// A batch normalisation in two halves. The first takes statistics over the batch, at the end of a segment. The second
// applies them, and the activation that follows, at the beginning of the next.

import Compute
import KernelInterface

/// Adds up the statistics of the batch. In the backward pass, when the sums of the gradients are known, it gives the
/// input its share.
struct StatisticsStep: ImageStep {
  let plan: NormalizationPlan
  let input: Input
  /// The output of the other half. By then, its gradient is that of the activation's input.
  let normalized: ValuePlan

  var name: String { plan.slices.name }
  var output: ValuePlan? { nil }
  var goesBackward: Bool { input.share != nil }

  func forward(_ place: ImagePlace, _ network: Network) {
    guard network.usesBatchStatistics(of: normalized) else { return }
    let moments = network.memory.floats(plan.moments!, place)
    network.engine.channelMoments(
      network.map(input.value, place), mean: Floats(rebasing: moments[..<plan.paddedChannels]),
      squaredDeviations: moments.from(plan.paddedChannels))
  }

  func finishForward(batch: Int, _ network: Network) {
    if network.usesBatchStatistics(of: normalized) {
      plan.takeBatchStatistics(batch: batch, network)
    } else {
      plan.takeRunningStatistics(network)
    }
  }

  func backward(_ place: ImagePlace, _ network: Network) {
    guard let share = network.share(of: input) else { return }
    let coefficients = plan.coefficients(network)
    network.engine.normalizeInputGradient(
      gradient: network.gradientMap(normalized, place), input: network.map(input.value, place),
      gradientFactor: coefficients.gradientFactor, inputFactor: coefficients.inputFactor,
      constant: coefficients.constant, output: network.gradientMap(input.value, place),
      accumulates: share.adds)
    network.finish(input, place)
  }
}

/// Normalises, adds the other branch of a residual block, and applies the activation that follows.
struct NormalizationStep: ImageStep {
  let plan: NormalizationPlan
  let input: ValuePlan
  let addend: Input?
  let value: ValuePlan
  let activation: Activation?
  /// Whether the network is for training. If not, the coefficients are computed when the parameters change.
  let isTrained: Bool

  var name: String { plan.slices.name }
  var output: ValuePlan? { value }
  var goesBackward: Bool { true }

  func forward(_ place: ImagePlace, _ network: Network) {
    let result = network.map(value, place)
    network.engine.normalize(network.map(input, place), function(place, network), output: result)
    if value.layout.hasPaddedChannels, activation?.movesZero == true {
      result.clearChannels(from: value.layout.channels)
    }
  }

  func backward(_ place: ImagePlace, _ network: Network) {
    let coefficients = plan.coefficients(network)
    let sums = network.memory.floats(plan.gradientSums!, place)
    sums.update(repeating: 0)
    network.engine.normalizeBackward(
      network.map(input, place), function(place, network), gradient: network.gradientMap(value, place),
      mean: coefficients.mean, inverseDeviation: coefficients.inverseDeviation,
      gradientSum: Floats(rebasing: sums[..<plan.paddedChannels]),
      productSum: sums.from(plan.paddedChannels))
    guard let addend, let share = network.share(of: addend) else { return }
    network.give(network.gradientMap(value, place), share, of: addend.value, place)
    network.finish(addend, place)
  }

  private func function(_ place: ImagePlace, _ network: Network) -> NormalizationFunction {
    let coefficients = plan.coefficients(network)
    return NormalizationFunction(
      scale: coefficients.scale, shift: coefficients.shift,
      addend: addend.map { network.map($0.value, place) }, activation: activation)
  }

  /// If the loss is not finite, there is no backward pass. The running statistics then stay as they were, and remain
  /// fit for a checkpoint.
  func finishBackward(batch: Int, chunks: Range<Int>, _ network: Network) {
    plan.followBatch(batch: batch, network)
    plan.takeGradientSums(batch: batch, usesBatch: network.usesBatchStatistics, network)
  }

  func updateDerived(_ network: Network) {
    if !isTrained { plan.takeRunningStatistics(network) }
  }
}
