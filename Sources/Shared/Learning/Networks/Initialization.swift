// The weights a training run starts from. What each operation draws is in its own file.

import RandomNumbers

/// A way to draw first weights.
public enum Initialization: String, CaseIterable, Sendable {
  /// Normal with deviation √(2 / inputs), as suits ReLUs (He et al. 2015), 1 / inputs for the logits, so that the
  /// first predictions are even (Yang & Hu 2021); biases 0.
  case kaiming
  /// The reference's: dense layers normal with deviation 1 / √inputs and biases 0; convolutions, biases too, uniform
  /// within ±1 / √inputs, as PyTorch draws them.
  case reference
  /// Matrices with orthonormal rows or columns (Saxe et al. 2014), as PyTorch's `orthogonal_` draws them: times √2, as suits
  /// ReLUs; for the logits 1 / √inputs, so that values have kaiming's deviation; biases 0.
  case orthogonal
  /// Convolutions with as many outputs as inputs or more pass their inputs on (Zagoruyko & Komodakis 2017, "DiracNets") by
  /// as many filters, as PyTorch's `dirac_` makes them; all else is kaiming's.
  case dirac

  /// First values of all tensors of an architecture, in its order; each node has a stream of random numbers of its own.
  public func parameters(for architecture: Architecture, seed: UInt64) -> [Parameter] {
    let nodes = architecture.nodes
    return nodes.indices.dropFirst().flatMap { index -> [Parameter] in
      let node = nodes[index]
      // Streams are counted from the first node after the image.
      var random = SplitMix64(seed: seed, Self.streamTag, UInt64(index - 1))
      let values = node.operation.firstValues(
        of: node.parameters, by: self, isOutput: index == nodes.count - 1, &random)
      return zip(node.parameters, values).map { Parameter(name: $0.name, shape: $0.shape, values: $1) }
    }
  }

  /// The same with all but the output layer's taken from a network that has the same layers and tells other classes apart.
  public func parameters(
    for architecture: Architecture, seed: UInt64, keeping others: [Parameter]
  ) -> [Parameter] {
    let drawn = Set(architecture.nodes[architecture.nodes.count - 1].parameters.map(\.name))
    let kept = Dictionary(uniqueKeysWithValues: others.map { ($0.name, $0) })
    return parameters(for: architecture, seed: seed).map { parameter in
      if drawn.contains(parameter.name) { return parameter }
      guard let other = kept[parameter.name], other.shape == parameter.shape else {
        preconditionFailure("\(parameter.name) is of other layers")
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
