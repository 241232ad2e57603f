// The parts that both steps of Winograd's convolutions share: the memory, the transforms of the weights, and the passes
// over consecutive images (Compute/WinogradConvolution.swift, Compute/WinogradGradients.swift).

import Compute
import KernelInterface

struct WinogradPlan: Sendable {
  let plan: ConvolutionPlan
  let convolution: WinogradConvolution
  /// The place of the forward pass's weights among the transformed ones.
  let weights: Range<Int>
  /// For each worker, the tiles of the forward pass.
  let scratch: ArrayID
  /// For each image, the position of each maximum in its window.
  let places: ArrayID?
  /// `nil` outside training.
  let gradient: Gradient?

  /// The memory of the backward pass.
  struct Gradient {
    /// The transforms of a block of images, for each worker if images are taken one at a time.
    let tiles: ArrayID
    /// The sums of all components, for each chunk if images are taken one at a time, or else for the batch.
    let sums: ArrayID
    /// For each worker, the products of input gradients.
    let products: ArrayID?
    /// For each image, its share of the bias gradient.
    let biases: ArrayID?
    /// The place, among the derived weights, of those by which the input gradient multiplies.
    let transposed: Range<Int>?
  }

  // MARK: - Weights

  /// Transforms the weights, panel by panel. `forEach` calls `body` for each panel.
  func derive(_ network: Network, forEach: (_ count: Int, _ body: (Int) -> Void) -> Void) {
    let (engine, source) = (network.engine, network.weights(plan.slices))
    let transformed = network.transformedWeights[weights]
    forEach(engine.panelCount(plan.shape.outputChannels)) { panel in
      engine.transformWinogradWeights(
        convolution, panels: panel..<panel + 1, weights: source, transformed: transformed)
    }
    guard let gradient, let flipped = plan.derived, let transposed = gradient.transposed else { return }
    let derived = network.training!.derived
    forEach(engine.panelCount(plan.shape.inputChannels)) { panel in
      let panels = panel..<panel + 1
      engine.flipWeights(plan.shape, panels: panels, weights: source, flipped: derived[flipped])
      engine.transposeWinogradWeights(
        convolution, panels: panels, flippedWeights: derived[flipped], transposed: derived[transposed])
    }
  }

  // MARK: - Forward

  /// Computes the output of consecutive images, with the max-pooling after it, if there is one. `count` must be 1 if
  /// the output or the input is not kept for each image.
  func convolve(_ first: ImagePlace, count: Int, _ network: Network) {
    let (input, output, memory) = (plan.input.value, plan.output, network.memory)
    network.engine.convolveWinograd(
      convolution,
      images: ImageRun(
        count: count, inputStride: memory.floats(input.array).partCount,
        outputStride: memory.floats(output.array).partCount),
      input: memory.floats(input.array, from: first),
      transformedWeights: network.transformedWeights[weights], bias: network.bias(plan.slices),
      scratch: memory.floats(scratch, first),
      output: memory.floats(output.array, from: first).from(output.layout.origin),
      outputRowStride: output.layout.rowStride, rectifies: output.rectifies,
      places: places.map { memory.bytes($0, from: first) })
  }

  // MARK: - Backward

  /// Transforms consecutive images, which begin with image `firstImage` of the block, and computes the input gradients
  /// of those that belong to this process.
  func transform(
    _ block: WinogradGradientBlock, firstImage: Int, _ first: ImagePlace, count: Int, _ gradient: Gradient,
    _ network: Network
  ) {
    for index in 0..<count {
      let place = first.next(index)
      let map = network.gradientMap(plan.output, place)
      network.engine.transformWinogradGradient(
        block, image: firstImage + index, input: network.image(plan.input.value, place),
        outputGradient: map.floats, gradientRowStride: map.rowStride,
        places: places.map { network.memory.bytes($0, place) })
      if let biases = gradient.biases {
        network.engine.sumPixels(map, to: network.memory.floats(biases, place))
      }
    }
    let own = network.share.own.clamped(to: first.position..<first.position + count)
    if own.isEmpty { return }
    let skipped = own.lowerBound - first.position
    giveInputGradient(
      block, firstImage: firstImage + skipped, first.next(skipped), count: own.count, gradient, network)
  }

  private func giveInputGradient(
    _ block: WinogradGradientBlock, firstImage: Int, _ first: ImagePlace, count: Int, _ gradient: Gradient,
    _ network: Network
  ) {
    let (value, memory) = (plan.input.value, network.memory)
    guard let share = network.share(of: plan.input), let products = gradient.products,
      let transposed = gradient.transposed
    else { return }
    network.engine.winogradInputGradient(
      block, firstImage: firstImage,
      images: ImageRun(
        count: count, inputStride: memory.floats(share.gradient).partCount, outputStride: 0),
      transposedWeights: network.training!.derived[transposed], scratch: memory.floats(products, first),
      inputGradient: memory.floats(share.gradient, from: first).from(value.layout.origin),
      rowStride: value.layout.rowStride, accumulates: share.adds)
    for index in 0..<count { network.finish(plan.input, first.next(index)) }
  }

  /// Writes the gradient of the weights from the sums over the batch, or only the given panels of it.
  func writeWeightGradient(
    _ sums: Floats, panels: Range<Int>? = nil, _ gradient: Gradient, _ network: Network
  ) {
    network.engine.winogradWeightGradient(
      convolution, panels: panels, sums: sums,
      weightGradient: network.training!.gradient[plan.slices.weights])
  }

  func biasGradient(_ network: Network) -> Floats { network.training!.gradient[plan.slices.bias] }
}
