// The naive network's operations: sums written like their formulas, forward and backward side by side.

import KernelInterface
import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The windows of a pooling over one map.
struct PoolWindows {
  let input, output: Extents
  let height, width, stride, padding: Int

  init(_ node: Node, _ pooling: Pooling) {
    (input, output) = (Extents(node.input), Extents(node.output))
    (height, width) = (pooling.size, pooling.size)
    (stride, padding) = (pooling.stride, pooling.padding)
  }

  init(global node: Node) {
    (input, output) = (Extents(node.input), Extents(node.output))
    (height, width) = (input.height, input.width)
    (stride, padding) = (1, 0)
  }

  /// The number that an average divides by. Padding counts.
  var area: Int { height * width }

  /// Calls `body` with each output of a batch and the inputs in its window.
  func forEach(batch: Int, _ body: (_ output: Int, _ inputs: [Int]) -> Void) {
    var inputs: [Int] = []
    for index in 0..<batch * output.count {
      let (map, pixel) = index.quotientAndRemainder(dividingBy: output.height * output.width)
      let top = pixel / output.width * stride - padding
      let left = pixel % output.width * stride - padding
      inputs.removeAll(keepingCapacity: true)
      for y in max(top, 0)..<min(top + height, input.height) {
        for x in max(left, 0)..<min(left + width, input.width) {
          inputs.append((map * input.height + y) * input.width + x)
        }
      }
      body(index, inputs)
    }
  }
}

extension NaiveNetwork {
  // MARK: - Convolutions

  /// Calls `body` for each product of a weight and an input that is added to an output, with their indices.
  @inline(__always)
  private func forEachTerm(
    _ node: Node, _ convolution: Convolution, batch: Int,
    _ body: (_ weight: Int, _ input: Int, _ output: Int) -> Void
  ) {
    let (input, output) = (Extents(node.input), Extents(node.output))
    let kernel = convolution.kernel
    let inputsOfGroup = input.channels / convolution.groups
    let outputsOfGroup = output.channels / convolution.groups
    for image in 0..<batch {
      for out in 0..<output.channels {
        for channel in 0..<inputsOfGroup {
          let source = image * input.channels + out / outputsOfGroup * inputsOfGroup + channel
          let target = image * output.channels + out
          for r in 0..<kernel.height {
            for q in 0..<kernel.width {
              let weight = ((out * inputsOfGroup + channel) * kernel.height + r) * kernel.width + q
              for y in 0..<output.height {
                let row = y * convolution.stride + r * convolution.dilation - convolution.padding.height
                guard row >= 0, row < input.height else { continue }
                for x in 0..<output.width {
                  let column = x * convolution.stride + q * convolution.dilation - convolution.padding.width
                  guard column >= 0, column < input.width else { continue }
                  body(
                    weight, (source * input.height + row) * input.width + column,
                    (target * output.height + y) * output.width + x)
                }
              }
            }
          }
        }
      }
    }
  }

  // Specialised, since the optimiser leaves these generic. Their loops take nearly all the time of gradient tests.

  /// input [batch, channels, height, width], weights [out, in / groups, kernel height, kernel width]
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  func convolve(
    _ input: [Scalar], _ node: Node, _ convolution: Convolution, weights: [Scalar], bias: [Scalar]?,
    batch: Int
  ) -> [Scalar] {
    let extents = Extents(node.output)
    let pixels = extents.height * extents.width
    var output = (0..<batch * extents.count).map { bias?[$0 / pixels % extents.channels] ?? 0 }
    if isOfMagnitudes, node.tiledConvolution != nil {
      forEachTileTerm(node, convolution, batch: batch) { output[$2] += $3 * weights[$0] * input[$1] }
    } else {
      forEachTerm(node, convolution, batch: batch) { output[$2] += weights[$0] * input[$1] }
    }
    return output
  }

  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  func convolveBackward(
    _ gradient: [Scalar], _ input: [Scalar], _ index: Int, _ convolution: Convolution, _ batch: Int,
    _ gradients: inout Gradients
  ) -> [Scalar] {
    let node = architecture.nodes[index]
    let first = firstParameter[index]
    let extents = Extents(node.output)
    let (weights, input) = (weight(index), operand(input, of: node))
    let slopes = operand(gradient, of: node, &gradients.tieMargin)
    var share = [Scalar](repeating: 0, count: input.count)
    if isOfMagnitudes, node.tiledConvolution != nil {
      forEachTileTerm(node, convolution, batch: batch) { weight, source, target, factor in
        share[source] += factor * weights[weight] * slopes[target]
        gradients.add(factor * input[source] * slopes[target], first, weight)
      }
    } else {
      forEachTerm(node, convolution, batch: batch) { weight, source, target in
        share[source] += weights[weight] * slopes[target]
        gradients.add(input[source] * slopes[target], first, weight)
      }
    }
    if countsTiles, node.tiledConvolution != nil {
      gradients.magnitudes[first] = node.tileMagnitudes(
        convolution, batch: batch, input: input.map { Double($0) }, gradient: slopes.map { Double($0) }
      ).map { Scalar($0) }
    }
    if convolution.hasBias {
      for (place, value) in gradient.enumerated() {
        gradients.add(value, first + 1, place / (extents.height * extents.width) % extents.channels)
      }
    }
    return share
  }

  // MARK: - Linear layers

  /// weights [out, in]
  func multiply(
    _ input: [Scalar], _ node: Node, weights: [Scalar], bias: [Scalar]?, batch: Int
  ) -> [Scalar] {
    let (inputs, outputs) = (node.input.count, node.output.count)
    var output: [Scalar] = []
    for image in 0..<batch {
      for out in 0..<outputs {
        var sum = bias?[out] ?? 0
        for feature in 0..<inputs { sum += weights[out * inputs + feature] * input[image * inputs + feature] }
        output.append(sum)
      }
    }
    return output
  }

  func multiplyBackward(
    _ gradient: [Scalar], _ input: [Scalar], _ index: Int, _ linear: Linear, _ batch: Int,
    _ gradients: inout Gradients
  ) -> [Scalar] {
    let node = architecture.nodes[index]
    let (inputs, outputs, first) = (node.input.count, node.output.count, firstParameter[index])
    let (weights, input) = (weight(index), operand(input, of: node))
    let slopes = operand(gradient, of: node, &gradients.tieMargin)
    var share = [Scalar](repeating: 0, count: input.count)
    for image in 0..<batch {
      for out in 0..<outputs {
        if linear.hasBias { gradients.add(gradient[image * outputs + out], first + 1, out) }
        let slope = slopes[image * outputs + out]
        for feature in 0..<inputs {
          share[image * inputs + feature] += weights[out * inputs + feature] * slope
          gradients.add(input[image * inputs + feature] * slope, first, out * inputs + feature)
        }
      }
    }
    return share
  }

  // MARK: - Activations

  func activate(
    _ activation: Activation, _ input: [Scalar], _ index: Int, _ pass: inout Pass, following: [Int]?,
    learned: Bool
  ) -> [Scalar] {
    let kinks: [Scalar]
    switch activation {
    case .relu, .leaky: kinks = [0]
    case .hardswish: kinks = [-3, 3]
    default: return input.map { value(activation, $0, piece: 0) }
    }
    let pieces = following ?? input.map { value in kinks.count { value > $0 } }
    if learned, following == nil {
      for value in input {
        for kink in kinks where value != kink { pass.margin = min(pass.margin, Double(abs(value - kink))) }
      }
    }
    pass.decisions[index] = pieces
    return zip(input, pieces).map { value(activation, $0, piece: $1) }
  }

  private func value(_ activation: Activation, _ x: Scalar, piece: Int) -> Scalar {
    let wide = Double(x)
    switch activation {
    case .relu, .leaky: return x * slope(activation, x, piece: piece)
    case .gelu: return Scalar(0.5 * wide * (1 + erf(wide / 2.0.squareRoot())))
    case .silu: return Scalar(wide / (1 + exp(-wide)))
    case .hardswish: return piece == 0 ? 0 : piece == 2 ? x : x * (x + 3) / 6
    case .tanh: return Scalar(tanh(wide))
    case .sigmoid: return Scalar(1 / (1 + exp(-wide)))
    }
  }

  func slope(_ activation: Activation, _ x: Scalar, piece: Int) -> Scalar {
    let wide = Double(x)
    let logistic = 1 / (1 + exp(-wide))
    switch activation {
    case .relu: return piece == 1 ? 1 : 0
    case .leaky(let slope): return piece == 1 ? 1 : Scalar(isOfMagnitudes ? abs(slope) : slope)
    case .gelu:
      let density = exp(-wide * wide / 2) / (2 * Double.pi).squareRoot()
      return Scalar(0.5 * (1 + erf(wide / 2.0.squareRoot())) + wide * density)
    case .silu: return Scalar(logistic * (1 + wide * (1 - logistic)))
    case .hardswish: return piece == 0 ? 0 : piece == 2 ? 1 : (2 * x + 3) / 6
    case .tanh: return Scalar(1 - tanh(wide) * tanh(wide))
    case .sigmoid: return Scalar(logistic * (1 - logistic))
    }
  }

  // MARK: - Pooling

  func average(_ input: [Scalar], _ windows: PoolWindows, _ batch: Int) -> [Scalar] {
    var output: [Scalar] = []
    windows.forEach(batch: batch) { _, places in
      output.append(places.reduce(0) { $0 + input[$1] } / Scalar(windows.area))
    }
    return output
  }

  func maximum(
    _ input: [Scalar], _ windows: PoolWindows, _ index: Int, _ pass: inout Pass, following: [Int]?,
    learned: Bool
  ) -> [Scalar] {
    var winners = following ?? []
    if following == nil {
      var margin = pass.margin
      windows.forEach(batch: pass.batch) { _, places in
        // The first of the largest values wins.
        let winner = places.dropFirst().reduce(places[0]) { input[$1] > input[$0] ? $1 : $0 }
        winners.append(winner)
        guard learned else { return }
        for place in places where input[place] != input[winner] {
          margin = min(margin, Double(input[winner] - input[place]))
        }
      }
      pass.margin = margin
    }
    pass.decisions[index] = winners
    return winners.map { input[$0] }
  }

  func poolBackward(
    _ gradient: [Scalar], _ kind: Pooling.Kind, _ windows: PoolWindows, _ index: Int, _ pass: Pass
  ) -> [Scalar] {
    var share = [Scalar](repeating: 0, count: pass.batch * windows.input.count)
    if kind == .maximum {
      for (output, winner) in pass.decisions[index]!.enumerated() { share[winner] += gradient[output] }
    } else {
      windows.forEach(batch: pass.batch) { output, places in
        for place in places { share[place] += gradient[output] / Scalar(windows.area) }
      }
    }
    return share
  }

  // MARK: - Joined branches

  func concatenate(_ inputs: [[Scalar]], _ node: Node, _ batch: Int) -> [Scalar] {
    (0..<batch).flatMap { image in
      inputs.flatMap { input in input[input.count / batch * image..<input.count / batch * (image + 1)] }
    }
  }

  func split(_ gradient: [Scalar], _ node: Node, _ batch: Int) -> [[Scalar]] {
    let counts = node.inputs.map { architecture.nodes[$0].output.count }
    return counts.indices.map { input in
      let before = counts[..<input].reduce(0, +)
      return (0..<batch).flatMap { image in
        let start = image * node.output.count + before
        return gradient[start..<start + counts[input]]
      }
    }
  }
}
