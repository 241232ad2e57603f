// A depthwise convolution, in which each channel has a kernel, one image at a time
// (Compute/DepthwiseLayer.swift).

import Compute
import KernelInterface

struct DepthwiseStep: ImageStep {
  let shape: DepthwiseShape
  let input: Input
  let value: ValuePlan
  let slices: ParameterSlices
  /// The normalisation that is folded into the weights, in a network that is not trained.
  let folded: NormalizationSlices?
  /// The layout of the output gradient, spread out with a margin. `spread` has one for each worker, and is `nil`
  /// outside training.
  let map: GradientMap
  let spread: ArrayID?
  let chunkSums: ChunkSums?

  var name: String { slices.name }
  var output: ValuePlan? { value }
  var goesBackward: Bool { true }

  func forward(_ place: ImagePlace, _ network: Network) {
    network.engine.convolveDepthwise(
      shape, input: network.image(input.value, place), weights: network.weights(slices),
      bias: network.bias(slices), rows: 0..<shape.maps.outputHeight,
      output: network.image(value, place).from(value.layout.origin), outputRowStride: value.layout.rowStride,
      rectifies: value.rectifies)
  }

  func backward(_ place: ImagePlace, _ network: Network) {
    guard let spread, let chunkSums else { return }
    let gradient = network.memory.floats(spread, place)
    network.engine.copyMap(
      network.gradientMap(value, place),
      to: map.pixels(gradient, shape.maps))
    let sums = chunkSums.floats(place, network)
    network.engine.addDepthwiseWeightGradient(
      shape, input: network.image(input.value, place), outputGradient: gradient, map: map,
      weightGradient: sums.weights, biasGradient: sums.bias)
    guard let share = network.share(of: input) else { return }
    let layout = input.value.layout
    network.engine.depthwiseInputGradient(
      shape, outputGradient: gradient, map: map, weights: network.weights(slices),
      inputGradient: network.gradientImage(input.value, place).from(layout.origin),
      rowStride: layout.rowStride, accumulates: share.adds)
    network.finish(input, place)
  }

  func beginChunk(_ chunk: Int, _ network: Network) { chunkSums?.begin(chunk, network) }

  func finishBackward(batch: Int, chunks: Range<Int>, _ network: Network) {
    chunkSums?.writeTotal(chunks, to: slices, network)
  }

  // MARK: - Parameters

  /// PyTorch keeps the taps of a channel together; we keep the channels of a tap together.
  var parameterPlaces: [ParameterPlaces] {
    let taps = (0..<shape.maps.tapCount).map { $0 }
    let weight = ParameterPlaces(
      vector: slices.weights, count: value.layout.channels, rows: taps, rowStride: shape.channels)
    guard slices.learnsBias else { return [weight] }
    return [weight, ParameterPlaces(vector: slices.bias, count: value.layout.channels)]
  }

  func foldNormalization(_ network: Network) {
    guard let folded else { return }
    network.fold(folded, into: slices, outputs: value.layout.channels) { output, body in
      for tap in 0..<shape.maps.tapCount { body(tap * shape.channels + output) }
    }
  }
}
