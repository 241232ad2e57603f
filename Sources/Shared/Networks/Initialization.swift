// The weights a training run starts from.

import RandomNumbers

/// A way to draw first weights.
public enum Initialization: String, CaseIterable, Sendable {
  /// Normal with deviation √(2 / inputs) in front of ReLUs (He et al. 2015), 1 / inputs for the logits, so that the
  /// first predictions are even (Yang & Hu 2021); biases 0.
  case kaiming
  /// The reference's: dense layers normal with deviation 1 / √inputs and biases 0; convolutions, biases too, uniform
  /// within ±1 / √inputs, as PyTorch draws them.
  case reference

  /// First parameters for an architecture; each layer has a stream of random numbers of its own.
  public func parameters(for architecture: Architecture, seed: UInt64) -> [Parameter] {
    architecture.layers.enumerated().flatMap { index, layer -> [Parameter] in
      guard let weight = layer.parameters.first, let bias = layer.parameters.last else { return [] }
      var random = SplitMix64(seed: seed, Self.streamTag, UInt64(index))
      let isLast = index == architecture.layers.count - 1
      let draw = distribution(of: layer.layer, inputs: weight.count / weight.shape[0], isLast: isLast)
      return [
        Parameter(
          name: weight.name, shape: weight.shape,
          values: (0..<weight.count).map { _ in Float(draw.weight(&random)) }),
        Parameter(
          name: bias.name, shape: bias.shape, values: (0..<bias.count).map { _ in Float(draw.bias(&random)) }),
      ]
    }
  }

  /// Keeps this stream apart from those of shuffles and masks.
  private static let streamTag: UInt64 = 1

  private typealias Draw = (inout SplitMix64) -> Double

  private func distribution(of layer: Layer, inputs: Int, isLast: Bool) -> (weight: Draw, bias: Draw) {
    let fanIn = Double(inputs)
    switch (self, layer) {
    case (.reference, .convolution):
      let bound = 1 / fanIn.squareRoot()
      let uniform: Draw = { (2 * $0.uniform() - 1) * bound }
      return (uniform, uniform)
    case (.reference, _): return ({ $0.normal() / fanIn.squareRoot() }, { _ in 0 })
    case (.kaiming, _):
      let deviation = isLast ? 1 / fanIn : (2 / fanIn).squareRoot()
      return ({ $0.normal() * deviation }, { _ in 0 })
    }
  }
}
