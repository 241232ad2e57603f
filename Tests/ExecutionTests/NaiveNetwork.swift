// A network computed value by value, in PyTorch's layouts, with which ours is compared. In Double it is the reference,
// and in Float it shows the effect of rounding. It shares nothing with ours but the architecture and the values that
// dropout drops. The operations are in NaiveOperations.swift, NaiveNormalization.swift and
// NaiveLayerNormalization.swift.

import KernelInterface
import Networks

struct NaiveNetwork<Scalar: BinaryFloatingPoint> {
  let architecture: Architecture
  /// The tensors, in the architecture's order.
  var parameters: [[Scalar]]
  /// The factors of each dropout for the values of a batch, by node.
  var dropoutFactors: [Int: [Scalar]] = [:]
  /// Whether normalisations use the batch's statistics, not the running ones.
  var usesBatchStatistics = true
  /// Whether dense layers and wide convolutions round their operands to bfloat16 (NaiveBFloat16.swift).
  var roundsOperands = false
  /// Whether factors and slopes are replaced by their absolute values. The caller replaces the parameters.
  var isOfMagnitudes = false
  /// Whether the magnitudes of gradients count all products of Winograd's convolution, and not only the gradient's
  /// terms (NaiveTiles.swift). A network of absolute values counts them anyway.
  var countsTiles = false
  /// A mistake to make in the backward pass, which the tests must find.
  var mistake: Mistake?
  /// The index of each node's first tensor in `parameters`.
  let firstParameter: [Int]

  /// A term that is multiplied by a wrong factor.
  struct Mistake {
    enum Term: Equatable {
      /// A node's share of the gradient of an input.
      case share(input: Int)
      /// The gradient of a parameter.
      case parameter(Int)
      /// The terms of a normalisation's input gradient that are due to the mean and the variance.
      case throughMean, throughVariance
    }
    let node: Int
    let term: Term
    let factor: Double
  }

  init(_ architecture: Architecture, parameters: [Parameter]) {
    self.architecture = architecture
    self.parameters = parameters.map { $0.values.map { Scalar($0) } }
    var next = 0
    firstParameter = architecture.nodes.map { node in
      defer { next += node.parameters.count }
      return next
    }
  }

  init<Other>(_ other: NaiveNetwork<Other>) {
    architecture = other.architecture
    parameters = other.parameters.map { $0.map { Scalar($0) } }
    dropoutFactors = other.dropoutFactors.mapValues { $0.map { Scalar($0) } }
    usesBatchStatistics = other.usesBatchStatistics
    roundsOperands = other.roundsOperands
    firstParameter = other.firstParameter
  }

  /// The decisions of activations with kinks and of maximum poolings for each output value, by node: the piece of the
  /// function, or the index of the largest value.
  typealias Decisions = [Int: [Int]]

  /// The forward pass of a batch.
  struct Pass {
    let batch: Int
    /// The values of each node, [batch, channels, height, width].
    var values: [[Scalar]] = []
    var decisions: Decisions = [:]
    /// The smallest distance of a decision after a learned layer from changing; 0 if a normalisation's batch has almost
    /// no variance. Exact ties do not count: values that ReLU or dropout made 0 stay 0 and pass no gradient.
    var margin = Double.infinity
    /// The largest ratio of a mean to a standard deviation in a normalisation, plus 1: the number of roundings of a
    /// value that are in one of its difference from the mean.
    var condition = 1.0
    /// The smallest distance of an operand from a tie in rounding to bfloat16, in spacings of bfloat16.
    var tieMargin = Double.infinity

    /// [batch, classes]
    var logits: [Scalar] { values[values.count - 1] }
  }

  // MARK: - Forward

  /// Runs the forward pass. `images` are [batch, height, width, channels] in 0…1. `decisions` are followed, if given.
  func forward(_ images: [Scalar], batch: Int, following decisions: Decisions? = nil) -> Pass {
    var pass = Pass(batch: batch)
    var learned = [Bool](repeating: false, count: architecture.nodes.count)
    for (index, node) in architecture.nodes.enumerated() {
      let inputs = node.inputs.map { pass.values[$0] }
      let followed = decisions?[index]
      pass.values.append(
        index == 0
          ? channelsFirst(images, batch)
          : output(index, inputs, &pass, following: followed, learned: node.inputs.contains { learned[$0] }))
      learned[index] = !node.parameters.isEmpty || node.inputs.contains { learned[$0] }
    }
    return pass
  }

  /// Returns the logits after a change to a node's parameters, with the decisions of `pass`. Only the nodes that depend
  /// on it are recomputed.
  func logits(changing node: Int, of pass: Pass) -> [Scalar] {
    var again = pass
    var isChanged = [Bool](repeating: false, count: architecture.nodes.count)
    for index in node..<architecture.nodes.count {
      let inputs = architecture.nodes[index].inputs
      guard index == node || inputs.contains(where: { isChanged[$0] }) else { continue }
      isChanged[index] = true
      let values = inputs.map { again.values[$0] }
      again.values[index] = output(index, values, &again, following: pass.decisions[index], learned: true)
    }
    return again.logits
  }

  private func channelsFirst(_ images: [Scalar], _ batch: Int) -> [Scalar] {
    let extents = Extents(architecture.nodes[0].output)
    var values = [Scalar](repeating: 0, count: images.count)
    let pixels = extents.height * extents.width
    for (index, value) in images.enumerated() {
      let (pixel, channel) = index.quotientAndRemainder(dividingBy: extents.channels)
      let (image, place) = pixel.quotientAndRemainder(dividingBy: pixels)
      values[(image * extents.channels + channel) * pixels + place] = value
    }
    return values
  }

  private func output(
    _ index: Int, _ inputs: [[Scalar]], _ pass: inout Pass, following: [Int]?, learned: Bool
  ) -> [Scalar] {
    let node = architecture.nodes[index]
    let first = firstParameter[index]
    switch node.operation {
    case .image: preconditionFailure("only node 0 is the image")
    case .convolution(let convolution):
      return convolve(
        operand(inputs[0], of: node, &pass.tieMargin), node, convolution, weights: weight(index),
        bias: convolution.hasBias ? parameters[first + 1] : nil, batch: pass.batch)
    case .linear(let linear):
      return multiply(
        operand(inputs[0], of: node, &pass.tieMargin), node, weights: weight(index),
        bias: linear.hasBias ? parameters[first + 1] : nil,
        batch: pass.batch)
    case .normalization(let normalization):
      return normalize(inputs[0], index, normalization, &pass, learned: learned)
    case .layerNormalization(let normalization):
      return normalizePixels(inputs[0], index, normalization, &pass)
    case .activation(let activation):
      return activate(activation, inputs[0], index, &pass, following: following, learned: learned)
    case .pool(let pooling):
      let windows = PoolWindows(node, pooling)
      return pooling.kind == .average
        ? average(inputs[0], windows, pass.batch)
        : maximum(inputs[0], windows, index, &pass, following: following, learned: learned)
    case .globalPool(let pooling):
      let windows = PoolWindows(global: node)
      return pooling.kind == .average
        ? average(inputs[0], windows, pass.batch)
        : maximum(inputs[0], windows, index, &pass, following: following, learned: learned)
    case .dropout:
      guard let factors = dropoutFactors[index] else { return inputs[0] }
      return zip(inputs[0], factors).map { $0 * $1 }
    case .scale(let scale): return inputs[0].map { $0 * factor(scale) }
    case .sum: return inputs.dropFirst().reduce(inputs[0]) { sum, next in zip(sum, next).map { $0 + $1 } }
    case .concatenation: return concatenate(inputs, node, pass.batch)
    }
  }

  func factor(_ scale: Scale) -> Scalar {
    let factor = Scalar(Float(scale.factor))
    return isOfMagnitudes ? abs(factor) : factor
  }

  // MARK: - Backward

  /// The gradients of the parameters, in their order, and the sum of the magnitudes of each gradient's terms.
  struct Gradients {
    var values: [[Scalar]]
    var magnitudes: [[Scalar]]
    /// The smallest distance of an output gradient from a tie in rounding to bfloat16, in spacings of bfloat16.
    var tieMargin = Double.infinity

    mutating func add(_ term: Scalar, _ parameter: Int, _ index: Int) {
      values[parameter][index] += term
      magnitudes[parameter][index] += abs(term)
    }
  }

  /// Runs the backward pass from the gradient of the logits, [batch, classes].
  func backward(_ logitGradient: [Scalar], _ pass: Pass) -> Gradients {
    var gradients = Gradients(
      values: parameters.map { [Scalar](repeating: 0, count: $0.count) },
      magnitudes: parameters.map { [Scalar](repeating: 0, count: $0.count) })
    var flow = pass.values.map { [Scalar](repeating: 0, count: $0.count) }
    flow[flow.count - 1] = logitGradient
    for index in architecture.nodes.indices.dropFirst().reversed() {
      let node = architecture.nodes[index]
      let shares = inputGradients(flow[index], index, pass, &gradients)
      for (number, share) in shares.enumerated() {
        let wrong = mistakenFactor(index, .share(input: number))
        let input = node.inputs[number]
        for place in share.indices { flow[input][place] += wrong * share[place] }
      }
      for parameter in node.parameters.indices {
        let wrong = mistakenFactor(index, .parameter(parameter))
        guard wrong != 1 else { continue }
        let place = firstParameter[index] + parameter
        gradients.values[place] = gradients.values[place].map { wrong * $0 }
      }
    }
    return gradients
  }

  func mistakenFactor(_ node: Int, _ term: Mistake.Term) -> Scalar {
    guard let mistake, mistake.node == node, mistake.term == term else { return 1 }
    return Scalar(mistake.factor)
  }

  /// Returns the node's share of the gradient of each input.
  private func inputGradients(
    _ gradient: [Scalar], _ index: Int, _ pass: Pass, _ gradients: inout Gradients
  ) -> [[Scalar]] {
    let node = architecture.nodes[index]
    let input = pass.values[node.inputs[0]]
    switch node.operation {
    case .image: return []
    case .convolution(let convolution):
      return [convolveBackward(gradient, input, index, convolution, pass.batch, &gradients)]
    case .linear(let linear):
      return [multiplyBackward(gradient, input, index, linear, pass.batch, &gradients)]
    case .normalization(let normalization):
      return [normalizeBackward(gradient, input, index, normalization, pass.batch, &gradients)]
    case .layerNormalization(let normalization):
      return [normalizePixelsBackward(gradient, input, index, normalization, pass.batch, &gradients)]
    case .activation(let activation):
      let pieces = pass.decisions[index]
      return [
        gradient.indices.map {
          gradient[$0] * slope(activation, input[$0], piece: pieces?[$0] ?? 0)
        }
      ]
    case .pool(let pooling):
      return [poolBackward(gradient, pooling.kind, PoolWindows(node, pooling), index, pass)]
    case .globalPool(let pooling):
      return [poolBackward(gradient, pooling.kind, PoolWindows(global: node), index, pass)]
    case .dropout:
      guard let factors = dropoutFactors[index] else { return [gradient] }
      return [zip(gradient, factors).map { $0 * $1 }]
    case .scale(let scale): return [gradient.map { $0 * factor(scale) }]
    case .sum: return node.inputs.map { _ in gradient }
    case .concatenation: return split(gradient, node, pass.batch)
    }
  }
}

/// A shape as channels, rows and columns; a vector has one pixel.
struct Extents {
  let channels, height, width: Int
  var count: Int { channels * height * width }

  init(_ shape: FeatureShape) {
    switch shape {
    case .map(let height, let width, let channels):
      (self.channels, self.height, self.width) = (channels, height, width)
    case .vector(let count): (channels, height, width) = (count, 1, 1)
    }
  }
}
