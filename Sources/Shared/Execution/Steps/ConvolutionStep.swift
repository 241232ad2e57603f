// A convolution without a pooling after it, one image at a time.
//
//     forward          direct, or by Winograd's F(2×2, 3×3)
//     weight gradient  over all pixels of the output gradient, or by Winograd's, for several images of small maps at once
//     input gradient   the output gradient, spread by the stride, convolved with the flipped kernel; or by Winograd's

import Compute
import KernelInterface

struct ConvolutionStep: ImageStep {
  let plan: ConvolutionPlan
  /// For each worker, the tiles of Winograd's convolution.
  let tiles: ArrayID?
  /// `nil` outside of training.
  let gradients: Gradients?

  /// The memory of the backward pass, for each worker.
  struct Gradients {
    /// Output gradients as the products want them: spread out, with a margin; of `imageCount` images, one after the
    /// other.
    let map: GradientMap
    let spread: ArrayID
    let imageCount: Int
    /// What the input gradient and the weight gradient by Winograd's need.
    let inputTiles: ArrayID?
    let weightTiles: ArrayID?
  }

  var name: String { plan.slices.name }
  var output: ValuePlan? { plan.output }
  var goesBackward: Bool { true }

  func forward(_ place: ImagePlace, _ network: Network) {
    let (shape, output) = (plan.shape, plan.output)
    let input = network.image(plan.input.value, place)
    let result = network.image(output, place).from(output.layout.origin)
    if let transformed = plan.transformed, let tiles {
      network.engine.convolveWinograd(
        shape, input: input, transformedWeights: network.transformedWeights[transformed],
        bias: network.bias(plan.slices), scratch: network.memory.floats(tiles, place), output: result,
        outputRowStride: output.layout.rowStride, rectifies: output.rectifies, pools: false, places: nil)
    } else {
      network.engine.convolve(
        shape, input: input, weights: network.weights(plan.slices), bias: network.bias(plan.slices),
        rows: 0..<shape.outputHeight, output: result, outputRowStride: output.layout.rowStride,
        rectifies: output.rectifies)
    }
  }

  // MARK: - Backward

  func backward(_ place: ImagePlace, _ network: Network) {
    guard let gradients else { return }
    let (shape, map) = (plan.shape, gradients.map)
    let slot = place.number % gradients.imageCount
    let all = network.memory.floats(gradients.spread, place)
    let spread = Floats(rebasing: all[slot * map.count..<(slot + 1) * map.count])
    network.engine.copyMap(
      network.gradientMap(plan.output, place),
      to: FeatureMap(
        spread.from(map.origin), height: shape.outputHeight, width: shape.outputWidth,
        channels: shape.outputChannels, rowStride: map.lineStride, pixelStride: map.pixelStride))
    addWeightGradient(gradients, all, slot, place, network)
    guard let share = plan.input.share, let derived = plan.derived else { return }
    giveInputGradient(gradients, spread, derived, adds: share.adds, place, network)
    network.finish(plan.input, place)
  }

  /// The weight gradient by Winograd's waits until there are several images.
  private func addWeightGradient(
    _ gradients: Gradients, _ all: Floats, _ slot: Int, _ place: ImagePlace, _ network: Network
  ) {
    let (shape, sums) = (plan.shape, plan.sums(place, network))
    guard let weightTiles = gradients.weightTiles else {
      return network.engine.addConvolutionWeightGradient(
        shape, input: network.image(plan.input.value, place), outputGradient: all, map: gradients.map,
        weightGradient: sums.weights, biasGradient: sums.bias)
    }
    guard slot == gradients.imageCount - 1 || place.isLast else { return }
    let inputs = network.memory.floats(plan.input.value.array)
    network.engine.addWinogradWeightGradient(
      shape,
      images: ImageRun(
        count: slot + 1, inputStride: inputs.partCount, gradientStride: gradients.map.count),
      input: inputs.all.from((place.position - slot) * inputs.partCount), outputGradient: all,
      map: gradients.map, transformedSums: sums.weights, biasGradient: sums.bias,
      scratch: network.memory.floats(weightTiles, place))
  }

  private func giveInputGradient(
    _ gradients: Gradients, _ spread: Floats, _ derived: Range<Int>, adds: Bool, _ place: ImagePlace,
    _ network: Network
  ) {
    let (value, training) = (plan.input.value, network.training!)
    let target = network.gradientImage(value, place).from(value.layout.origin)
    if let inputTiles = gradients.inputTiles {
      network.engine.winogradInputGradient(
        plan.shape, outputGradient: spread, map: gradients.map,
        transformedWeights: plan.transformedFlip(training, derived),
        scratch: network.memory.floats(inputTiles, place), inputGradient: target,
        rowStride: value.layout.rowStride, accumulates: adds)
    } else {
      network.engine.convolutionInputGradient(
        plan.shape, outputGradient: spread, map: gradients.map, flippedWeights: training.derived[derived],
        inputGradient: target, rowStride: value.layout.rowStride, accumulates: adds)
    }
  }

  func beginChunk(_ chunk: Int, _ network: Network) { plan.beginChunk(chunk, network) }

  func finishBackward(batch: Int, chunks: Int, _ network: Network) { plan.sumChunks(chunks, network) }

  func foldNormalization(_ network: Network) { plan.foldNormalization(network) }

  func updateDerived(_ network: Network) { plan.updateDerived(network) }
}
