// The gradients of a convolution over all pixels of its output gradient, spread out as the products want it.
//
//     weight gradient  over all pixels, or by Winograd's F(2×2, 3×3), for several images of small maps at once
//     input gradient   convolved with the flipped kernel, directly or by Winograd's

import Compute
import KernelInterface

extension GradientMap {
  /// The pixels of an output gradient within the floats that have room for its margin.
  func pixels(_ spread: Floats, _ shape: ConvolutionShape) -> FeatureMap {
    FeatureMap(
      spread.from(origin), height: shape.outputHeight, width: shape.outputWidth,
      channels: shape.outputChannels, rowStride: lineStride, pixelStride: pixelStride)
  }
}

/// The memory of it, for each worker.
struct SpreadGradient: Sendable {
  /// Where the pixels of the output gradient lie: in the middle of zeros.
  let map: GradientMap
  /// Those of `imageCount` images, one after the other.
  let array: ArrayID
  let imageCount: Int
  /// What the input gradient and the weight gradient by Winograd's need.
  let inputTiles: ArrayID?
  let weightTiles: ArrayID?

  /// The gradients of an image; `fill` writes its output gradient into the pixels of a map that holds what an earlier image
  /// left there.
  func backward(
    _ plan: ConvolutionPlan, _ place: ImagePlace, _ network: Network, fill: (_ spread: Floats) -> Void
  ) {
    let slot = place.number % imageCount
    let all = network.memory.floats(array, place)
    let spread = Floats(rebasing: all[slot * map.count..<(slot + 1) * map.count])
    fill(spread)
    addWeightGradient(plan, all, slot, place, network)
    guard let share = plan.input.share, let derived = plan.derived else { return }
    giveInputGradient(plan, spread, derived, adds: share.adds, place, network)
    network.finish(plan.input, place)
  }

  /// The weight gradient by Winograd's waits until there are several images.
  private func addWeightGradient(
    _ plan: ConvolutionPlan, _ all: Floats, _ slot: Int, _ place: ImagePlace, _ network: Network
  ) {
    let (shape, sums) = (plan.shape, plan.sums(place, network))
    guard let weightTiles else {
      return network.engine.addConvolutionWeightGradient(
        shape, input: network.image(plan.input.value, place), outputGradient: all, map: map,
        weightGradient: sums.weights, biasGradient: sums.bias)
    }
    guard slot == imageCount - 1 || place.isLast else { return }
    let inputs = network.memory.floats(plan.input.value.array)
    network.engine.addWinogradWeightGradient(
      shape,
      images: ImageRun(count: slot + 1, inputStride: inputs.partCount, gradientStride: map.count),
      input: inputs.all.from((place.position - slot) * inputs.partCount), outputGradient: all, map: map,
      transformedSums: sums.weights, biasGradient: sums.bias,
      scratch: network.memory.floats(weightTiles, place))
  }

  private func giveInputGradient(
    _ plan: ConvolutionPlan, _ spread: Floats, _ derived: Range<Int>, adds: Bool, _ place: ImagePlace,
    _ network: Network
  ) {
    let (value, training) = (plan.input.value, network.training!)
    let target = network.gradientImage(value, place).from(value.layout.origin)
    if let inputTiles {
      network.engine.winogradInputGradient(
        plan.shape, outputGradient: spread, map: map,
        transformedWeights: plan.transformedFlip(training, derived),
        scratch: network.memory.floats(inputTiles, place), inputGradient: target,
        rowStride: value.layout.rowStride, accumulates: adds)
    } else {
      network.engine.convolutionInputGradient(
        plan.shape, outputGradient: spread, map: map, flippedWeights: training.derived[derived],
        inputGradient: target, rowStride: value.layout.rowStride, accumulates: adds)
    }
  }
}
