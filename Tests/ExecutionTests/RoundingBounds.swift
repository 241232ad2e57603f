// Bounds on the difference between the gradients of a network in Float and in Double.
//
// The naive network in Float shows how much rounding error a network lets through. Ours rounds as often, but in other
// places. It may be off by ten times the largest error of the naive one in any value of the parameter, times the
// condition of its normalisations, plus 64 roundings of the parameter's own terms. Our exponentials, approximated in
// Float, take several of these. A gradient with a missing or a doubled term is off by hundreds of times as much, as
// RoundingBoundTests.swift shows.
//
// Piecewise linear networks also have a derived bound. It does not depend on the naive network's luck, but is wider for
// networks of many layers. Every gradient is a sum of products, one for each path from the loss to the parameter. The
// factors are the pixels, weights and factors on the path, and a logit's (probability − target). A sum of products
// whose terms pass through n roundings is off by at most n · 2⁻²⁴ · Σ |term|, to first order, in whatever order it is
// summed (Higham, "Accuracy and Stability of Numerical Algorithms", 3.1). Σ |term| is the gradient of the network of
// absolute values with the same decisions. Its Winograd convolutions have all terms that cancel in exact arithmetic
// (NaiveTiles.swift). The error of a probability is twice that of the logits.

import KernelInterface
import NetworkSamples
import Networks
import RandomNumbers

@testable import Execution

extension GradientProblem {
  /// The largest error that is allowed in the gradient of every value of every learned parameter.
  func gradientBounds() -> [[Double]] {
    var bounds = measuredBounds()
    if architecture.isPiecewiseLinear {
      bounds = zip(bounds, derivedBounds()).map { zip($0, $1).map { min($0, $1) } }
    }
    return learned(bounds).map { $0.map { $0 + differenceError } }
  }

  /// Selects the learned parameters' elements of `values`, which has one for each parameter.
  func learned<Element>(_ values: [Element]) -> [Element] {
    zip(architecture.parameters, values).compactMap { $0.role.isLearned ? $1 : nil }
  }

  // MARK: - Piecewise linear networks

  private func derivedBounds() -> [[Double]] {
    let (network, magnitudes) = networkOfMagnitudes()
    let sums = network.backward(logitGradientMagnitudes(pass.logits), magnitudes).values
    let factor = 1.01 * Double(roundingCount) * 0x1p-24 * (1 + 2 * magnitudes.logits.max()!)
    return sums.map { $0.map { factor * $0 } }
  }

  /// The network of absolute values, and its forward pass of the batch with the decisions of the network itself.
  private func networkOfMagnitudes() -> (NaiveNetwork<Double>, NaiveNetwork<Double>.Pass) {
    var network = naive
    network.isOfMagnitudes = true
    network.parameters = network.parameters.map { $0.map(abs) }
    return (network, network.forward(pixels, batch: specimen.batch, following: pass.decisions))
  }

  /// The most roundings in the transforms of Winograd's convolution. Each is done twice: of inputs, weights and results
  /// forward (4, 5 and 4), of weights, gradients and results in the input gradient (5, 4 and 5), and of inputs,
  /// gradients and results in the weight gradient (4, 4 and 6). Four overlapping input tiles are added, which rounds
  /// four times.
  private static let tileRoundings = 2 * (13 + 14 + 14) + 4

  /// The number of roundings on the longest path forward and back. A sum of k products has k. A pixel, a bias, a
  /// dropout and the loss have a few each.
  private var roundingCount: Int {
    let inLoss = 4 * specimen.classCount + 16
    return architecture.nodes.reduce(inLoss) { count, node in
      let output = Extents(node.output)
      let (pixels, channels) = (output.height * output.width, Extents(node.input).channels)
      switch node.operation {
      case .convolution(let convolution):
        let taps = convolution.kernel.height * convolution.kernel.width
        let sums = taps * (channels + output.channels) / convolution.groups + specimen.batch * pixels + 4
        return count + sums + (node.tiledConvolution == nil ? 0 : Self.tileRoundings)
      case .linear: return count + node.input.count + node.output.count + specimen.batch + 4
      case .pool(let pooling): return count + pooling.size * pooling.size
      case .globalPool: return count + node.input.count / channels + 1
      default: return count + 4
      }
    }
  }

  // MARK: - All networks

  private func measuredBounds() -> [[Double]] {
    var network = naive
    network.countsTiles = true
    let exact = network.backward(logitGradient(pass.logits), pass)
    var spreads = [Double](repeating: 0, count: exact.values.count)
    for run in 0..<Self.runCount {
      let rounded = roundedGradients(run: UInt64(run))
      for (parameter, values) in exact.values.enumerated() {
        let errors = zip(values, rounded[parameter]).map { abs($0 - $1) }
        spreads[parameter] = (errors + [spreads[parameter]]).largestError
      }
    }
    return zip(spreads, exact.magnitudes).map { spread, magnitudes in
      magnitudes.map { 10 * pass.condition * spread + 64 * 0x1p-24 * $0 }
    }
  }

  /// One run may be lucky with its roundings, mostly if a parameter has only one value.
  private static let runCount = 5

  /// The naive network's gradients in Float, after moving parameters, pixels and the loss's slopes by up to a unit in
  /// the last place, so that each run rounds differently.
  private func roundedGradients(run: UInt64) -> [[Double]] {
    var random = SplitMix64(seed: seed, run)
    func moved(_ value: Double, by unit: Double) -> Float { Float(value + (2 * random.uniform() - 1) * unit) }
    var network = NaiveNetwork<Float>(naive)
    network.parameters = naive.parameters.map { $0.map { moved($0, by: 0x1p-24 * abs($0)) } }
    let way = network.forward(
      pixels.map { moved($0, by: 0x1p-24 * $0) }, batch: specimen.batch, following: pass.decisions)
    let logits = way.logits.map(Double.init)
    let slopes = zip(logitGradient(logits), logitGradientMagnitudes(logits)).map {
      moved($0, by: 0x1p-24 * $1)
    }
    return network.backward(slopes, way).values.map { $0.map(Double.init) }
  }

  // MARK: - The loss

  var lossBound: Double {
    let scale = max(1, specimen.teacher?.temperature ?? 1)
    let network = NaiveNetwork<Float>(naive)
    let way = network.forward(
      images.map { Float($0) / 255 }, batch: specimen.batch, following: pass.decisions)
    let spread = zip(way.logits, pass.logits).map { abs(Double($0) - $1) }.largestError
    let largest = pass.logits.map(abs).max()!
    // The error of a loss is at most twice that of a logit.
    let measured = 2 * scale * scale * (10 * pass.condition * spread + 64 * 0x1p-24 * (1 + largest))
    guard architecture.isPiecewiseLinear else { return measured }
    let largestSum = networkOfMagnitudes().1.logits.max()!
    return min(measured, 2.02 * scale * scale * Double(roundingCount) * 0x1p-24 * (1 + largestSum))
  }
}

extension Architecture {
  /// Whether, near a batch, every logit is a sum of products of parameters and pixels.
  var isPiecewiseLinear: Bool {
    nodes.allSatisfy { node in
      switch node.operation {
      case .normalization, .layerNormalization: false
      case .activation(.relu), .activation(.leaky): true
      case .activation: false
      default: true
      }
    }
  }
}

extension Collection<Double> {
  /// The largest of some errors; NaN if one of them is NaN, which `max()` may skip, or if there are none.
  var largestError: Double { contains(where: \.isNaN) ? .nan : self.max() ?? .nan }
}
