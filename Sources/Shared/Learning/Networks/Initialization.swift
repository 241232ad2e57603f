// The weights that a training run starts from. Each operation's file says what it draws.

import RandomNumbers

/// A method of drawing the initial weights.
public enum Initialization: String, CaseIterable, Sendable {
  /// Normal with standard deviation √(2 / inputs), which suits ReLUs (He et al. 2015). The output layer has 1 / inputs,
  /// so that the first predictions are even (Yang & Hu 2021). Biases are 0.
  case kaiming
  /// The method with which `ffnn` and `cnn` were first trained. Dense layers are normal with standard deviation
  /// 1 / √inputs, and their biases are 0. Convolutions and their biases are uniform within ±1 / √inputs, as PyTorch
  /// draws them.
  case reference
  /// Matrices with orthonormal rows or columns (Saxe et al. 2014), as PyTorch's `orthogonal_` draws them, times √2,
  /// which suits ReLUs. The gain of the output layer is 1 / √inputs, which gives its weights kaiming's deviation.
  /// Biases are 0.
  case orthogonal
  /// A convolution with at least as many outputs as inputs passes each input on through one filter (Zagoruyko &
  /// Komodakis 2017, "DiracNets"), as PyTorch's `dirac_` does. Everything else is drawn as by kaiming.
  case dirac

  /// Returns the initial values of all tensors, in the architecture's order. Each node draws from a random stream of
  /// its own.
  ///
  /// - Complexity: O(number of values), but see ``OrthogonalMatrix/draw(rows:columns:gain:_:)``.
  public func parameters(for architecture: Architecture, seed: UInt64) -> [Parameter] {
    let nodes = architecture.nodes
    return nodes.indices.dropFirst().flatMap { index -> [Parameter] in
      let node = nodes[index]
      // Streams are numbered from the first node after the image.
      var random = SplitMix64(seed: seed, Self.streamTag, UInt64(index - 1))
      let values = node.operation.firstValues(
        of: node.parameters, by: self, isOutput: index == nodes.count - 1, &random)
      return zip(node.parameters, values).map { Parameter(name: $0.name, shape: $0.shape, values: $1) }
    }
  }

  /// Returns initial values for the output layer, and `others` for everything before it. `others` belong to a network
  /// with the same layers and other classes.
  ///
  /// - Complexity: O(number of values), but see ``OrthogonalMatrix/draw(rows:columns:gain:_:)``.
  public func parameters(
    for architecture: Architecture, seed: UInt64, keeping others: [Parameter]
  ) -> [Parameter] {
    let drawn = Set(architecture.nodes[architecture.nodes.count - 1].parameters.map(\.name))
    let kept = Dictionary(uniqueKeysWithValues: others.map { ($0.name, $0) })
    return parameters(for: architecture, seed: seed).map { parameter in
      if drawn.contains(parameter.name) { return parameter }
      guard let other = kept[parameter.name], other.shape == parameter.shape else {
        preconditionFailure("\(parameter.name) belongs to other layers")
      }
      return other
    }
  }

  /// Keeps this stream apart from those of shuffles and masks.
  private static let streamTag: UInt64 = 1
}

extension ParameterDescription {
  func filled(with value: Float) -> [Float] { [Float](repeating: value, count: count) }

  func drawn(_ draw: () -> Double) -> [Float] { (0..<count).map { _ in Float(draw()) } }
}
