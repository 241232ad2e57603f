// A copy of a network's weights, including statistics, in the network's own layout.

import Compute
import Networks

/// Weights that stay as they are while training changes the network's own.
package final class KeptWeights {
  private let parameters: FloatBuffer
  private let constants: FloatBuffer

  /// Allocates memory for the weights of `network`.
  package init(of network: Network) {
    parameters = FloatBuffer(count: network.parameters.count)
    constants = FloatBuffer(count: network.constants.count)
  }

  /// Copies the network's weights.
  ///
  /// - Complexity: O(number of values).
  package func take(from network: Network) {
    _ = parameters.floats.update(fromContentsOf: network.parameters.floats)
    _ = constants.floats.update(fromContentsOf: network.constants.floats)
  }

  /// Copies the weights back.
  ///
  /// - Complexity: O(number of values).
  package func restore(to network: Network) {
    _ = network.parameters.floats.update(fromContentsOf: parameters.floats)
    _ = network.constants.floats.update(fromContentsOf: constants.floats)
    network.updateDerivedWeights()
  }

  /// Takes values in PyTorch's layouts: those of the network's architecture, in its order.
  package func take(_ values: [Parameter], of network: Network) {
    network.place(values, in: parameters, constants)
  }

  /// Returns the weights with PyTorch's names and layouts.
  package func exported(by network: Network) -> [Parameter] { network.export(parameters, constants) }
}

extension Network {
  /// Swaps the parameters with `values`, which have the same layout. Statistics do not change.
  ///
  /// - Complexity: O(number of parameters).
  package func exchangeParameters(with values: FloatBuffer) {
    precondition(
      values.count == parameters.count, "\(values.count) values for \(parameters.count) parameters")
    let (own, other) = (parameters.floats, values.floats)
    engine.forEachRun(own.count) { run in
      for index in run { (own[index], other[index]) = (other[index], own[index]) }
    }
    updateDerivedWeights()
  }
}
