// A convolution by Winograd's F(m×m, 3×3) of a large map, one image at a time: an image has enough tiles for the products
// by itself, and its maps stay in the cache for the steps before and after this one.

import Compute

struct WinogradImageStep: ImageStep {
  let step: WinogradConvolutionStep

  var name: String { step.plan.slices.name }
  var output: ValuePlan? { step.output }
  var goesBackward: Bool { true }

  func forward(_ place: ImagePlace, _ network: Network) { step.convolve(place, count: 1, network) }

  func backward(_ place: ImagePlace, _ network: Network) {
    guard let gradient = step.gradient else { return }
    step.addGradients(
      place.position..<place.position + 1, to: network.memory.floats(gradient.sums)[place.chunk],
      isFirst: place.number == 0, worker: place.worker, network)
  }

  func finishBackward(batch: Int, chunks: Int, _ network: Network) {
    guard let gradient = step.gradient else { return }
    step.writeGradients(step.sumChunks(chunks, network), batch: batch, gradient, network)
  }

  func foldNormalization(_ network: Network) { step.foldNormalization(network) }

  /// On one thread, while others do the same for other steps.
  func updateDerived(_ network: Network) {
    step.derive(network) { count, body in for panel in 0..<count { body(panel) } }
  }
}
