// The maximum or the mean over a whole map, one number for each channel.

import Compute
import Networks

struct GlobalPoolStep: ImageStep {
  let kind: Pooling.Kind
  let input: Input
  let value: ValuePlan
  /// For each image, the pixel of each channel's maximum.
  let places: ArrayID?

  var name: String { value.name }
  var output: ValuePlan? { value }
  var goesBackward: Bool { input.share != nil }

  func forward(_ place: ImagePlace, _ network: Network) {
    let (source, result) = (network.map(input.value, place), network.image(value, place))
    switch kind {
    case .average: network.engine.globalAverage(source, output: result)
    case .maximum:
      network.engine.globalMaximum(
        source, output: result, places: places.map { network.memory.words($0, place) })
    }
    if value.rectifies { network.engine.rectify(result) }
  }

  func backward(_ place: ImagePlace, _ network: Network) {
    guard let share = network.share(of: input) else { return }
    let gradient = network.gradientImage(value, place)
    let target = network.gradientMap(input.value, place)
    switch kind {
    case .average:
      network.engine.globalAverageGradient(
        outputGradient: gradient, inputGradient: target, accumulates: share.adds)
    case .maximum:
      network.engine.globalMaximumGradient(
        outputGradient: gradient, places: UnsafeBufferPointer(network.memory.words(places!, place)),
        inputGradient: target, accumulates: share.adds)
    }
    network.finish(input, place)
  }
}
