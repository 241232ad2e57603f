// The sum of two values of the same shape, in which the branches of a residual block meet.

import Compute

struct SumStep: ImageStep {
  let inputs: [Input]
  let value: ValuePlan

  var name: String { value.name }
  var output: ValuePlan? { value }
  var goesBackward: Bool { inputs.contains { $0.share != nil } }

  func forward(_ place: ImagePlace, _ network: Network) {
    network.engine.sumMaps(
      network.map(inputs[0].value, place), network.map(inputs[1].value, place),
      activation: value.rectifies ? .relu : nil, output: network.map(value, place))
  }

  func backward(_ place: ImagePlace, _ network: Network) {
    let gradient = network.gradientMap(value, place)
    for input in inputs {
      guard let share = network.share(of: input) else { continue }
      network.give(gradient, share, of: input.value, place)
      network.finish(input, place)
    }
  }
}
