// A convolution with bfloat16 products, one image at a time (Compute/BFloat16Convolution.swift).

import Compute

struct BFloat16ConvolutionStep: ImageStep {
  let plan: ConvolutionPlan
  let convolution: BFloat16Convolution
  /// For each worker, the input of one image, rounded.
  let rounded: ArrayID
  let weights: ArrayID
  /// `nil` outside training.
  let gradient: Gradient?

  /// The memory of the backward pass.
  struct Gradient {
    /// For each worker, an image's output gradient, rounded, and below it the operands of the weight gradient for a
    /// block of images.
    let rounded: ArrayID
    let transposed: ArrayID
    let pairs: ArrayID
    /// The flipped weights in pairs, by which the input gradient multiplies.
    let flipped: ArrayID?
  }

  var name: String { plan.slices.name }
  var output: ValuePlan? { plan.output }
  var goesBackward: Bool { true }

  func forward(_ place: ImagePlace, _ network: Network) {
    let (engine, output) = (network.engine, plan.output)
    let rounded = network.memory.bfloats(rounded, place)
    engine.roundInput(convolution, input: network.map(plan.input.value, place), rounded: rounded)
    engine.convolve(
      convolution, roundedInput: rounded, pairedWeights: network.memory.bfloats(weights).all,
      bias: network.bias(plan.slices), output: network.image(output, place).from(output.layout.origin),
      outputRowStride: output.layout.rowStride, rectifies: output.rectifies)
  }

  /// The weight gradient is computed for a block of images at a time, so that its sums are read and written once for
  /// all of them.
  func backward(_ place: ImagePlace, _ network: Network) {
    guard let gradient else { return }
    let (engine, memory) = (network.engine, network.memory)
    let rounded = memory.bfloats(gradient.rounded, place)
    let map = network.gradientMap(plan.output, place)
    engine.roundGradient(convolution, outputGradient: map, rounded: rounded)
    let sums = plan.sums(place, network)
    engine.addPixels(map, to: sums.bias)
    let first = place.number - place.number % convolution.imagesPerBlock
    let imageCount = min(convolution.imagesPerBlock, place.chunkSize - first)
    let (transposed, pairs) = (
      memory.bfloats(gradient.transposed, place), memory.bfloats(gradient.pairs, place)
    )
    engine.packWeightGradient(
      convolution, number: place.number - first, imageCount: imageCount,
      input: network.image(plan.input.value, place), roundedGradient: rounded, transposed: transposed,
      pairs: pairs)
    giveInputGradient(rounded, gradient, place, network)
    guard place.number == first + imageCount - 1 else { return }
    engine.addWeightGradient(
      convolution, imageCount: imageCount, transposed: transposed, pairs: pairs, weightGradient: sums.weights)
  }

  private func giveInputGradient(
    _ rounded: BFloats, _ gradient: Gradient, _ place: ImagePlace, _ network: Network
  ) {
    guard let share = network.share(of: plan.input), let flipped = gradient.flipped else { return }
    let value = plan.input.value
    network.engine.convolutionInputGradient(
      convolution, roundedGradient: rounded, flippedPairs: network.memory.bfloats(flipped).all,
      inputGradient: network.gradientImage(value, place).from(value.layout.origin),
      rowStride: value.layout.rowStride, accumulates: share.adds)
    network.finish(plan.input, place)
  }

  func beginChunk(_ chunk: Int, _ network: Network) { plan.beginChunk(chunk, network) }

  func finishBackward(batch: Int, chunks: Range<Int>, _ network: Network) { plan.sumChunks(chunks, network) }

  func foldNormalization(_ network: Network) { plan.foldNormalization(network) }

  func updateDerived(_ network: Network) {
    let (engine, memory) = (network.engine, network.memory)
    engine.pairWeights(
      convolution, weights: network.weights(plan.slices), pairs: memory.bfloats(weights).all)
    plan.updateDerived(network)
    guard let gradient, let flipped = gradient.flipped, let derived = plan.derived else { return }
    engine.pairFlippedWeights(
      convolution, flippedWeights: network.training!.derived[derived], pairs: memory.bfloats(flipped).all)
  }
}
