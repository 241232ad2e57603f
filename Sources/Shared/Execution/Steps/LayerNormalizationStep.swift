// A layer normalisation, one image at a time (KernelInterface/PixelNormalization.swift). It needs nothing of other images,
// so it is no end of a segment, as a batch normalisation is.

import Compute
import KernelInterface

struct LayerNormalizationStep: ImageStep {
  let epsilon: Float
  let input: Input
  let value: ValuePlan
  /// The weights are the scale.
  let slices: ParameterSlices
  /// For each image, the means of its pixels, and after them their inverse deviations. `nil` outside of training.
  let statistics: ArrayID?
  /// For each chunk of a batch, its share of the scale's gradient and, after it, of the bias's.
  let chunkGradients: ArrayID?

  var name: String { slices.name }
  var output: ValuePlan? { value }
  var goesBackward: Bool { true }

  private var paddedChannels: Int { value.layout.channelStride }

  func forward(_ place: ImagePlace, _ network: Network) {
    network.engine.normalizePixels(
      network.map(input.value, place), function(network), rectifies: value.rectifies,
      output: network.map(value, place), statistics: statistics.map { network.memory.floats($0, place) })
  }

  func backward(_ place: ImagePlace, _ network: Network) {
    guard let statistics, let chunkGradients else { return }
    let sums = network.memory.floats(chunkGradients, place)
    network.engine.normalizePixelsBackward(
      network.map(input.value, place), function(network),
      statistics: network.memory.floats(statistics, place), gradient: network.gradientMap(value, place),
      scaleGradient: Floats(rebasing: sums[..<paddedChannels]), biasGradient: sums.from(paddedChannels),
      inputGradient: input.share.map { _ in network.gradientMap(input.value, place) },
      accumulates: input.share?.adds ?? false)
    network.finish(input, place)
  }

  private func function(_ network: Network) -> PixelNormalizationFunction {
    PixelNormalizationFunction(
      channelCount: value.layout.channels, epsilon: epsilon, scale: network.weights(slices),
      bias: network.bias(slices))
  }

  func beginChunk(_ chunk: Int, _ network: Network) {
    guard let chunkGradients else { return }
    network.memory.floats(chunkGradients)[chunk].update(repeating: 0)
  }

  func finishBackward(batch: Int, chunks: Int, _ network: Network) {
    guard let chunkGradients, let gradient = network.training?.gradient else { return }
    let parts = network.memory.floats(chunkGradients)
    let sum = parts[network.plan.chunkCount]
    network.engine.sumParts(parts.all, count: chunks, to: sum)
    if slices.learnsWeights {
      gradient[slices.weights].baseAddress!.update(from: sum.baseAddress!, count: paddedChannels)
    }
    gradient[slices.bias].baseAddress!
      .update(from: sum.baseAddress! + paddedChannels, count: paddedChannels)
  }

  var parameterPlaces: [ParameterPlaces] {
    let count = value.layout.channels
    return [
      ParameterPlaces(vector: slices.weights, count: count, isConstant: !slices.learnsWeights),
      ParameterPlaces(vector: slices.bias, count: count),
    ]
  }
}
