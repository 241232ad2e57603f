// The channels of several maps, or the values of several vectors, one after another.

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
      network.engine.copyMap(
        network.map(input.value, place).channels(0..<count), to: target, channelOffset: channel)
      channel += count
    }
    if value.rectifies { network.engine.rectify(network.image(value, place)) }
  }

  func backward(_ place: ImagePlace, _ network: Network) {
    let gradient = network.gradientMap(value, place)
    var channel = 0
    for input in inputs {
      let count = input.value.layout.channels
      if let share = network.share(of: input) {
        let part = gradient.channels(channel..<channel + count)
        let target = network.gradientMap(input.value, place)
        if share.adds {
          network.engine.addMap(part, to: target, channelOffset: 0)
        } else {
          // Padded channels must not keep the gradient of an array that used this memory before.
          if input.value.layout.hasPaddedChannels { target.clearChannels(from: count) }
          network.engine.copyMap(part, to: target, channelOffset: 0)
        }
        network.finish(input, place)
      }
      channel += count
    }
  }
}
