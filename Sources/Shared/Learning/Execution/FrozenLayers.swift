// Leading layers that learn no more: their parameters and statistics stay as they are, and the backward pass stops at the first
// layer that learns.
//
// Values have the order of the network. Whatever reads a value comes after it, so that of all that is after the beginning of
// the first layer that learns, each reader goes backward: a gradient is either complete, or not there at all.

import Compute
import KernelInterface
import Networks

/// Where a convolution or dense layer begins.
struct LayerStart: Equatable {
  /// Its output.
  let value: ValueID
  /// The number of learned parameters before its own.
  let parameters: Int
}

/// How many layers are frozen, and where the first one after them begins.
struct FrozenLayers: Equatable {
  let count: Int
  let next: LayerStart

  static let none = FrozenLayers(count: 0, next: LayerStart(value: 0, parameters: 0))
}

extension Architecture {
  /// The convolutions and dense layers, the output layer among them, in the order of the network.
  package var weightLayers: [Node] {
    nodes.filter { node in
      switch node.operation {
      case .convolution, .linear: true
      default: false
      }
    }
  }
}

extension Network {
  /// Freezes the first `count` convolutions and dense layers, and whatever is before the one after them; 0 lets all learn.
  package func freezeLayers(_ count: Int) {
    guard count != frozen.count else { return }
    precondition((0..<plan.layerStarts.count).contains(count), "\(count) layers to freeze")
    frozen = count == 0 ? .none : FrozenLayers(count: count, next: plan.layerStarts[count])
  }

  /// The number of frozen convolutions and dense layers.
  package var frozenLayerCount: Int { frozen.count }

  /// The number of parameters before the layer after the first `count`.
  package func parameterCount(ofLayers count: Int) -> Int { plan.layerStarts[count].parameters }

  /// The places of the parameters that learn.
  package var learningParameters: Range<Int> { frozen.next.parameters..<parameters.count }

  /// Whether anything that made this value may learn.
  func learns(_ value: ValuePlan) -> Bool { value.id >= frozen.next.value }

  /// A reader's share of the gradient of its input; `nil` where no gradient is wanted, now or ever.
  func share(of input: Input) -> GradientShare? { learns(input.value) ? input.share : nil }

  /// Whether a normalisation, given by its result, uses the statistics of the batch. Averaged weights get statistics of their
  /// own, in frozen layers too.
  func usesBatchStatistics(of value: ValuePlan) -> Bool {
    usesBatchStatistics && (learns(value) || statisticsShare != nil)
  }
}
