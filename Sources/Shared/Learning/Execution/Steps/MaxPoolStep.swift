// A max-pooling that is not part of a convolution's step, because none precedes it or because it has padding.

import Compute
import KernelInterface
import Networks

struct MaxPoolStep: ImageStep {
  let pooling: Pooling
  let input: Input
  let value: ValuePlan
  /// For each image, the position of each maximum in its window.
  let places: ArrayID?
  /// If there is padding: for each worker, a copy of the input with a margin that cannot be the maximum.
  let padded: Padded?

  struct Padded {
    let layout: FeatureLayout
    let array: ArrayID
  }

  var name: String { value.name }
  var output: ValuePlan? { value }
  var goesBackward: Bool { input.share != nil }

  private var layout: FeatureLayout { padded?.layout ?? input.value.layout }

  private var window: PoolingWindow { PoolingWindow(pooling, from: layout, to: value.layout) }

  func forward(_ place: ImagePlace, _ network: Network) {
    let result = network.image(value, place)
    network.engine.pool(
      window, rowCount: value.layout.height, input: source(place, network),
      output: result.from(value.layout.origin), places: places.map { network.memory.bytes($0, place) })
    if value.rectifies { network.engine.rectify(result) }
  }

  /// Returns the map that the windows read, from its first row.
  private func source(_ place: ImagePlace, _ network: Network) -> Floats {
    guard let padded else { return network.image(input.value, place).from(layout.origin) }
    let copy = network.memory.floats(padded.array, place)
    copy.update(repeating: -.infinity)
    network.engine.copyMap(network.map(input.value, place), to: layout.map(copy))
    return copy
  }

  func backward(_ place: ImagePlace, _ network: Network) {
    guard let share = network.share(of: input) else { return }
    let gradient = network.gradientImage(value, place).from(value.layout.origin)
    let places = network.memory.bytes(places!, place)
    if let padded {
      let copy = network.memory.floats(padded.array, place)
      copy.update(repeating: 0)
      network.engine.addPoolGradient(
        window, rowCount: value.layout.height, outputGradient: gradient, places: places, inputGradient: copy)
      network.give(layout.map(copy), share, of: input.value, place)
    } else {
      let target = network.gradientImage(input.value, place)
      if !share.adds { target.update(repeating: 0) }
      network.engine.addPoolGradient(
        window, rowCount: value.layout.height, outputGradient: gradient, places: places,
        inputGradient: target.from(layout.origin))
    }
    network.finish(input, place)
  }
}
