// A convolution with Winograd's F(m×m, 3×3) of a large map with few weights, one image at a time. A single image has
// enough tiles for the products, and its maps stay in the cache for the steps before and after this one.

import Compute

struct WinogradImageStep: ImageStep {
  let winograd: WinogradPlan

  var name: String { winograd.plan.slices.name }
  var output: ValuePlan? { winograd.plan.output }
  var goesBackward: Bool { true }

  func forward(_ place: ImagePlace, _ network: Network) { winograd.convolve(place, count: 1, network) }

  /// The sums of the weight gradient are updated for a block of images at a time, so that they are read and written
  /// once for all of them.
  func backward(_ place: ImagePlace, _ network: Network) {
    guard let gradient = winograd.gradient else { return }
    let (length, memory) = (winograd.convolution.gradientImagesPerBlock, network.memory)
    let first = place.number - place.number % length
    let block = WinogradGradientBlock(
      winograd.convolution, imageCount: min(length, place.chunkSize - first),
      memory: memory.floats(gradient.tiles)[place.worker])
    winograd.transform(block, firstImage: place.number - first, place, count: 1, gradient, network)
    guard place.number == first + block.imageCount - 1 else { return }
    for component in 0..<winograd.convolution.size.componentCount {
      network.engine.sumWinogradProducts(
        block, component: component, sums: memory.floats(gradient.sums)[place.chunk], accumulates: first > 0)
    }
  }

  func finishBackward(batch: Int, chunks: Range<Int>, _ network: Network) {
    guard let gradient = winograd.gradient else { return }
    let parts = network.memory.floats(gradient.sums)
    let sum = parts[network.plan.chunkCount]
    network.sum(parts, chunks, to: sum)
    winograd.writeWeightGradient(sum, gradient, network)
    if let biases = gradient.biases {
      network.sum(network.memory.floats(biases), network.share.own, to: winograd.biasGradient(network))
    }
  }

  func foldNormalization(_ network: Network) { winograd.plan.foldNormalization(network) }

  /// Runs on one thread, since other threads work on other steps.
  func updateDerived(_ network: Network) {
    winograd.derive(network) { count, body in for panel in 0..<count { body(panel) } }
  }
}
