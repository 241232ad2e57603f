// A convolution with Winograd's F(m×m, 3×3) for the whole batch. It takes several images at a time, so that the weights
// of all components are read once for them.
//
//     forward    threads share the images
//     backward   block by block: threads share the images of a block, for their transforms and input gradients, and then
//                the components, for the sums of the weight gradient. The whole batch has one array of sums. If several
//                processes learn, each transforms all images, and has the sums of some output channels.

import Compute

struct WinogradBatchStep: BatchStep {
  let winograd: WinogradPlan

  var output: ValuePlan { winograd.plan.output }

  func forward(batch: Int, _ network: Network) {
    let images = network.share.own
    let length = imagesPerTask(images.count, network)
    network.engine.workers.forEach((images.count + length - 1) / length) { task, worker in
      let first = ImagePlace(position: images.lowerBound + task * length, chunk: 0, worker: worker)
      let count = min(length, images.upperBound - first.position)
      winograd.convolve(first, count: count, network)
      for index in 0..<count { network.dropOut(output, first.next(index)) }
    }
  }

  /// Returns the number of images that are best taken together, or fewer if some threads would have none.
  private func imagesPerTask(_ batch: Int, _ network: Network) -> Int {
    min(winograd.convolution.imagesPerBlock, max(1, batch / network.engine.workers.count))
  }

  func backward(batch: Int, _ network: Network) {
    guard let gradient = winograd.gradient else { return }
    gatherImages(network)
    let sums = network.memory.floats(gradient.sums)[0]
    let length = winograd.convolution.gradientImagesPerBlock
    let panelCount = network.engine.panelCount(winograd.plan.shape.outputChannels)
    let panels = network.share.ownPanels(of: panelCount)
    for first in stride(from: 0, to: batch, by: length) {
      addGradients(first..<min(first + length, batch), panels, to: sums, gradient, network)
    }
    winograd.writeWeightGradient(sums, panels: panels, gradient, network)
    let (slices, shape) = (winograd.plan.slices, winograd.plan.shape)
    network.share.gatherPanels(of: panelCount, network.gradient[slices.weights]) { panel in
      min(panel * network.engine.kernels.panelWidth, shape.outputChannels) * shape.patchLength
    }
    if let biases = gradient.biases {
      network.engine.sumParts(
        network.memory.floats(biases).all, count: batch, to: winograd.biasGradient(network))
    }
  }

  /// Receives the values of other processes' images that their transforms need.
  private func gatherImages(_ network: Network) {
    let (plan, memory) = (winograd.plan, network.memory)
    network.share.gather(memory.floats(plan.input.value.array))
    network.share.gather(memory.floats(plan.output.gradient!))
    if let places = winograd.places { network.share.gather(memory.bytes(places)) }
  }

  /// Adds the gradients of a block of images. One thread takes all sums of a component and adds up their terms in
  /// order.
  private func addGradients(
    _ images: Range<Int>, _ panels: Range<Int>, to sums: Floats, _ gradient: WinogradPlan.Gradient,
    _ network: Network
  ) {
    let (engine, length) = (network.engine, imagesPerTask(images.count, network))
    let block = WinogradGradientBlock(
      winograd.convolution, imageCount: images.count, memory: network.memory.floats(gradient.tiles)[0])
    engine.workers.forEach((images.count + length - 1) / length) { task, worker in
      let first = ImagePlace(position: images.lowerBound + task * length, chunk: 0, worker: worker)
      winograd.transform(
        block, firstImage: task * length, first, count: min(length, images.upperBound - first.position),
        gradient, network)
    }
    engine.workers.forEach(winograd.convolution.size.componentCount) { component, _ in
      engine.sumWinogradProducts(
        block, component: component, panels: panels, sums: sums, accumulates: images.lowerBound > 0)
    }
  }

  func foldNormalization(_ network: Network) { winograd.plan.foldNormalization(network) }

  func updateDerived(_ network: Network) {
    winograd.derive(network) { count, body in
      network.engine.workers.forEach(count) { task, _ in body(task) }
    }
  }
}
