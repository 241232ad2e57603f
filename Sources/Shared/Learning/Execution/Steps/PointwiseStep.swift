// A function of each value by itself, not in place: an activation, a factor, or a plain copy, if a dropout or a ReLU
// follows a value that others read, too.

import Compute
import KernelInterface

struct PointwiseStep: ImageStep {
  let activation: Activation?
  let factor: Float
  let input: Input
  let value: ValuePlan

  var name: String { value.name }
  var output: ValuePlan? { value }
  var goesBackward: Bool { input.share != nil }

  func forward(_ place: ImagePlace, _ network: Network) {
    let (source, target) = (network.map(input.value, place), network.map(value, place))
    if let activation {
      network.engine.activate(activation, input: source, output: target)
      if value.layout.hasPaddedChannels, activation.movesZero {
        target.clearChannels(from: value.layout.channels)
      }
    } else {
      network.engine.copyMap(source, to: target)
      if factor != 1 { network.engine.scaleMap(target, by: factor) }
    }
    if value.rectifies { network.engine.rectify(network.image(value, place)) }
  }

  func backward(_ place: ImagePlace, _ network: Network) {
    guard let share = network.share(of: input) else { return }
    let gradient = network.gradientMap(value, place)
    if let activation {
      let values =
        activation.backwardReads == .input ? network.map(input.value, place) : network.map(value, place)
      network.engine.activationBackward(activation, gradient: gradient, values: values)
    } else if factor != 1 {
      network.engine.scaleMap(gradient, by: factor)
    }
    network.give(gradient, share, of: input.value, place)
    network.finish(input, place)
  }
}

extension Network {
  /// Stores or adds a map as a reader's share of a value's gradient.
  func give(_ gradient: FeatureMap, _ share: GradientShare, of value: ValuePlan, _ place: ImagePlace) {
    let target = gradientMap(value, place)
    if share.adds {
      engine.addMap(gradient, to: target)
    } else {
      engine.copyMap(gradient, to: target)
    }
  }
}
