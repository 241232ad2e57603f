// The mean over windows of a map, padding included.

import Compute
import KernelInterface
import Networks

struct AveragePoolStep: ImageStep {
  let pooling: Pooling
  let input: Input
  let value: ValuePlan

  var name: String { value.name }
  var output: ValuePlan? { value }
  var goesBackward: Bool { input.share != nil }

  /// The window. The input's margin is at least as wide as the padding, so windows find zeros there.
  private var window: PoolingWindow { PoolingWindow(pooling, from: input.value.layout, to: value.layout) }

  /// The place in the input where the first window begins.
  private var start: Int {
    let layout = input.value.layout
    return layout.origin - pooling.padding * (layout.rowStride + layout.channelStride)
  }

  func forward(_ place: ImagePlace, _ network: Network) {
    let result = network.image(value, place)
    network.engine.averagePool(
      window, rowCount: value.layout.height, input: network.image(input.value, place).from(start),
      output: result.from(value.layout.origin))
    if value.rectifies { network.engine.rectify(result) }
  }

  func backward(_ place: ImagePlace, _ network: Network) {
    guard let share = network.share(of: input) else { return }
    let target = network.gradientImage(input.value, place)
    if !share.adds { target.update(repeating: 0) }
    network.engine.addAveragePoolGradient(
      window, rowCount: value.layout.height,
      outputGradient: network.gradientImage(value, place).from(value.layout.origin),
      inputGradient: target.from(start))
    network.finish(input, place)
  }
}
