// A convolution without a pooling after it, one image at a time.
//
//     forward          direct, or by Winograd's F(2×2, 3×3)
//     weight gradient  over all pixels of the output gradient
//     input gradient   the output gradient, spread by the stride, convolved with the flipped kernel

import Compute
import KernelInterface

struct ConvolutionStep: ImageStep {
  let plan: ConvolutionPlan
  /// For each worker, the tiles of Winograd's convolution.
  let tiles: ArrayID?
  /// For each worker, the output gradient as the backward pass wants it: spread out, with a margin.
  let gradientMap: GradientMap
  let spread: ArrayID?

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

  func backward(_ place: ImagePlace, _ network: Network) {
    guard let spread else { return }
    let shape = plan.shape
    let gradient = network.memory.floats(spread, place)
    network.engine.copyMap(
      network.gradientMap(plan.output, place),
      to: MapRows(
        gradient.from(gradientMap.origin), rowCount: shape.outputHeight, rowStride: gradientMap.lineStride,
        pixelCount: shape.outputWidth, channels: shape.outputChannels, pixelStride: gradientMap.pixelStride))
    let sums = plan.sums(place, network)
    network.engine.addConvolutionWeightGradient(
      shape, input: network.image(plan.input.value, place), outputGradient: gradient, map: gradientMap,
      weightGradient: sums.weights, biasGradient: sums.bias)
    guard let share = plan.input.share, let derived = plan.derived else { return }
    let layout = plan.input.value.layout
    network.engine.convolutionInputGradient(
      shape, outputGradient: gradient, map: gradientMap, flippedWeights: network.training!.derived[derived],
      inputGradient: network.gradientImage(plan.input.value, place).from(layout.origin),
      rowStride: layout.rowStride, accumulates: share.adds)
    network.finish(plan.input, place)
  }

  func beginChunk(_ chunk: Int, _ network: Network) { plan.beginChunk(chunk, network) }

  func finishBackward(batch: Int, chunks: Int, _ network: Network) {
    plan.sumChunks(chunks, isInRows: false, network)
  }

  func foldNormalization(_ network: Network) { plan.foldNormalization(network) }

  func updateDerived(_ network: Network) { plan.updateDerived(network) }
}
