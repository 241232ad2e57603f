// A convolution by Winograd's F(m×m, 3×3), for the whole batch: several images at a time, so that the weights of all its
// components are read once for them.
//
//     forward    images are shared out
//     backward   block by block: threads share out the images of a block, for their transforms and input gradients, and
//                then the components, for the sums of the weight gradient; the whole batch has one array of sums. Where
//                several processes learn, each transforms all images, and has the sums of some output channels.

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

  /// As many as are best taken together, unless some threads would have none.
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
      min(panel * network.engine.kernels.panelWidth, shape.outputChannels) * shape.patchCount
    }
    if let biases = gradient.biases {
      network.engine.sumParts(
        network.memory.floats(biases).all, count: batch, to: winograd.biasGradient(network))
    }
  }

  /// What the transforms of other processes' images are made of.
  private func gatherImages(_ network: Network) {
    let (plan, memory) = (winograd.plan, network.memory)
    network.share.gather(memory.floats(plan.input.value.array))
    network.share.gather(memory.floats(plan.output.gradient!))
    if let places = winograd.places { network.share.gather(memory.bytes(places)) }
  }

  /// The gradients of a block of images. One thread takes a component's sums and adds up its terms in their order.
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
