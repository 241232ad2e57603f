// Leading layers that no longer learn. Their parameters and statistics stay as they are, and the backward pass stops at
// the first layer that learns.
//
// Values are in the order of the network, and the readers of a value come after it. So all readers of a value at or
// after the start of the first layer that learns take part in the backward pass: a gradient is either complete or not
// computed.

import Compute
import KernelInterface
import Networks

/// The start of a convolution or dense layer.
struct LayerStart: Equatable {
  /// The layer's output.
  let value: ValueID
  /// The number of learned parameters before its own.
  let parameters: Int
}

/// The number of frozen layers, and the start of the first one after them.
struct FrozenLayers: Equatable {
  let count: Int
  let next: LayerStart

  static let none = FrozenLayers(count: 0, next: LayerStart(value: 0, parameters: 0))
}

extension Architecture {
  /// The convolutions and dense layers, including the output layer, in the order of the network.
  package var weightLayers: [Node] {
    nodes.filter(\.operation.isWeightLayer)
  }
}

extension Operation {
  /// Whether it is a convolution or a dense layer.
  var isWeightLayer: Bool {
    switch self {
    case .convolution, .linear: true
    default: false
    }
  }
}

extension Network {
  /// Freezes the first `count` convolutions and dense layers, and all before the next one. With 0, every layer learns.
  package func freezeLayers(_ count: Int) {
    guard count != frozen.count else { return }
    precondition((0..<plan.layerStarts.count).contains(count), "\(count) layers to freeze")
    frozen = count == 0 ? .none : FrozenLayers(count: count, next: plan.layerStarts[count])
  }

  /// The number of frozen convolutions and dense layers.
  package var frozenLayerCount: Int { frozen.count }

  /// Returns the number of parameters before the layer that follows the first `count` ones.
  package func parameterCount(ofLayers count: Int) -> Int { plan.layerStarts[count].parameters }

  /// The places of the parameters that learn.
  package var learningParameters: Range<Int> { frozen.next.parameters..<parameters.count }

  /// Whether the layer that made this value, or anything before it, may learn.
  func learns(_ value: ValuePlan) -> Bool { value.id >= frozen.next.value }

  /// Returns a reader's share of the gradient of its input; `nil` if no gradient is needed now, or ever.
  func share(of input: Input) -> GradientShare? { learns(input.value) ? input.share : nil }

  /// Whether the normalisation with this result uses the statistics of the batch. Averaged weights get their own
  /// statistics, in frozen layers, too.
  func usesBatchStatistics(of value: ValuePlan) -> Bool {
    usesBatchStatistics && (learns(value) || statisticsShare != nil)
  }
}
