// A convolution without a pooling after it, one image at a time.
//
//     forward    patch by patch, in place
//     backward   over all pixels of the output gradient (``SpreadGradient``)

import Compute
import KernelInterface

struct ConvolutionStep: ImageStep {
  let plan: ConvolutionPlan
  /// `nil` outside training, and if the weights are fixed.
  let gradient: SpreadGradient?

  var name: String { plan.slices.name }
  var output: ValuePlan? { plan.output }
  var goesBackward: Bool { plan.learns }

  func forward(_ place: ImagePlace, _ network: Network) {
    let (shape, output) = (plan.shape, plan.output)
    let input = network.image(plan.input.value, place)
    let result = network.image(output, place).from(output.layout.origin)
    network.engine.convolve(
      shape, input: input, weights: network.weights(plan.slices), bias: network.bias(plan.slices),
      rows: 0..<shape.outputHeight, output: result, outputRowStride: output.layout.rowStride,
      rectifies: output.rectifies)
  }

  func backward(_ place: ImagePlace, _ network: Network) {
    guard let gradient else { return plan.addBiasGradient(place, network) }
    let (shape, map) = (plan.shape, gradient.map)
    gradient.backward(plan, place, network) { spread in
      network.engine.copyMap(
        network.gradientMap(plan.output, place),
        to: map.pixels(spread, shape))
    }
  }

  func beginChunk(_ chunk: Int, _ network: Network) { plan.beginChunk(chunk, network) }

  func finishBackward(batch: Int, chunks: Range<Int>, _ network: Network) { plan.sumChunks(chunks, network) }

  func foldNormalization(_ network: Network) { plan.foldNormalization(network) }

  func updateDerived(_ network: Network) { plan.updateDerived(network) }
}
