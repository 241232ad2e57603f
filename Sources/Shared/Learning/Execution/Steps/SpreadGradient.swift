// The gradients of a convolution over all pixels of its output gradient, spread out as the products need it.
//
//     weight gradient  += input patches · output gradient
//     input gradient   the output gradient, convolved with the flipped kernel

import Compute
import KernelInterface

extension GradientMap {
  /// Returns the pixels of an output gradient, within floats that also hold its margin.
  func pixels(_ spread: Floats, _ shape: ConvolutionShape) -> FeatureMap {
    FeatureMap(
      spread.from(origin), height: shape.outputHeight, width: shape.outputWidth,
      channels: shape.outputChannels, rowStride: lineStride, pixelStride: pixelStride)
  }
}

/// The spread-out output gradient, with memory for each worker.
struct SpreadGradient: Sendable {
  /// The layout: zeros surround the pixels of the output gradient.
  let map: GradientMap
  let array: ArrayID

  /// Computes the gradients of an image. `fill` writes its output gradient into the pixels of a map that still holds
  /// the values of an earlier image.
  func backward(
    _ plan: ConvolutionPlan, _ place: ImagePlace, _ network: Network, fill: (_ spread: Floats) -> Void
  ) {
    let spread = network.memory.floats(array, place)
    fill(spread)
    let sums = plan.sums(place, network)
    network.engine.addConvolutionWeightGradient(
      plan.shape, input: network.image(plan.input.value, place), outputGradient: spread, map: map,
      weightGradient: sums.weights, biasGradient: sums.bias)
    guard let share = network.share(of: plan.input), let derived = plan.derived else { return }
    let value = plan.input.value
    network.engine.convolutionInputGradient(
      plan.shape, outputGradient: spread, map: map, flippedWeights: network.training!.derived[derived],
      inputGradient: network.gradientImage(value, place).from(value.layout.origin),
      rowStride: value.layout.rowStride, accumulates: share.adds)
    network.finish(plan.input, place)
  }
}
