// The channels of several maps, or the values of several vectors, one after the other.

import Compute

struct ConcatenationStep: ImageStep {
  let inputs: [Input]
  let value: ValuePlan

  var name: String { value.name }
  var output: ValuePlan? { value }
  var goesBackward: Bool { inputs.contains { $0.share != nil } }

  func forward(_ place: ImagePlace, _ network: Network) {
    let target = network.map(value, place)
    var channel = 0
    for input in inputs {
      let count = input.value.layout.channels
      network.engine.copyChannels(
        network.map(input.value, place), from: 0, to: target, at: channel, count: count)
      channel += count
    }
    if value.rectifies { network.engine.rectify(network.image(value, place)) }
  }

  func backward(_ place: ImagePlace, _ network: Network) {
    let gradient = network.gradientMap(value, place)
    var channel = 0
    for input in inputs {
      let count = input.value.layout.channels
      if let share = input.share {
        let target = network.gradientMap(input.value, place)
        if share.adds {
          network.engine.addChannels(gradient, from: channel, to: target, at: 0, count: count)
        } else {
          // Padded channels keep no gradient of another array that had its turn here.
          if input.value.layout.hasPaddedChannels { target.clearChannels(from: count) }
          network.engine.copyChannels(gradient, from: channel, to: target, at: 0, count: count)
        }
        network.finish(input, place)
      }
      channel += count
    }
  }
}
