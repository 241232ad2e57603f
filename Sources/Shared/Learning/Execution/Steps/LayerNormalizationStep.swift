// A layer normalisation, one image at a time (KernelInterface/PixelNormalization.swift). It does not depend on other
// images, so unlike a batch normalisation it does not end a segment.

import Compute
import KernelInterface

struct LayerNormalizationStep: ImageStep {
  let epsilon: Float
  let input: Input
  let value: ValuePlan
  /// The places of the parameters. The weights are the scale.
  let slices: ParameterSlices
  /// For each image, the means of its pixels, followed by their inverse deviations; `nil` outside training.
  let statistics: ArrayID?
  let chunkSums: ChunkSums?

  var name: String { slices.name }
  var output: ValuePlan? { value }
  var goesBackward: Bool { true }

  func forward(_ place: ImagePlace, _ network: Network) {
    network.engine.normalizePixels(
      network.map(input.value, place), function(network), rectifies: value.rectifies,
      output: network.map(value, place), statistics: statistics.map { network.memory.floats($0, place) })
  }

  func backward(_ place: ImagePlace, _ network: Network) {
    guard let statistics, let chunkSums else { return }
    let sums = chunkSums.floats(place, network)
    network.engine.normalizePixelsBackward(
      network.map(input.value, place), function(network),
      statistics: network.memory.floats(statistics, place), gradient: network.gradientMap(value, place),
      scaleGradient: sums.weights, biasGradient: sums.bias,
      inputGradient: network.share(of: input).map { _ in network.gradientMap(input.value, place) },
      accumulates: network.share(of: input)?.adds ?? false)
    network.finish(input, place)
  }

  private func function(_ network: Network) -> PixelNormalizationFunction {
    PixelNormalizationFunction(
      channelCount: value.layout.channels, epsilon: epsilon, scale: network.weights(slices),
      bias: network.bias(slices))
  }

  func beginChunk(_ chunk: Int, _ network: Network) { chunkSums?.begin(chunk, network) }

  func finishBackward(batch: Int, chunks: Range<Int>, _ network: Network) {
    chunkSums?.writeTotal(chunks, to: slices, network)
  }

  var parameterPlaces: [ParameterPlaces] {
    let count = value.layout.channels
    return [
      ParameterPlaces(vector: slices.weights, count: count, isConstant: !slices.learnsWeights),
      ParameterPlaces(vector: slices.bias, count: count),
    ]
  }
}
