// How far the gradients of a network in Float may be from those in Double.
//
// Piecewise linear networks have a derived bound. Every gradient is a sum over paths from the loss to the parameter of
// products of what lies on the way: pixels, weights, factors and a logit's (probability − target). A sum of products
// whose terms pass through n roundings is off by at most n · 2⁻²⁴ · Σ |term|, to first order, in whatever order it is
// summed (Higham, "Accuracy and Stability of Numerical Algorithms", 3.1). Σ |term| is the gradient of the network of
// absolute values, with the same decisions. A probability is off by twice what the logits are off.
//
// A normalisation divides differences of sums by a root, and smooth activations have no such paths. There, the naive
// network in Float shows how much rounding the network lets through; ours rounds in other places, as often, so that it
// may be off by ten times as much as the naive one is in any value of the parameter, and by the roundings of the
// parameter's own sum: a gradient with a missing or a doubled term is off by thousands of times as much, which
// RoundingBoundTests.swift shows.

import KernelInterface
import NetworkSamples
import Networks

@testable import Execution

extension GradientProblem {
  /// For every value of every learned parameter, how far its gradient may be off.
  func gradientBounds() -> [[Double]] {
    let bounds = architecture.isPiecewiseLinear ? derivedBounds() : measuredBounds()
    return learned(bounds).map { $0.map { $0 + differenceError } }
  }

  /// Those of learned parameters, of one value for each parameter.
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

  /// The network of absolute values, and the batch's way through it with the decisions of the network itself.
  private func networkOfMagnitudes() -> (NaiveNetwork<Double>, NaiveNetwork<Double>.Pass) {
    var network = naive
    network.isOfMagnitudes = true
    network.parameters = network.parameters.map { $0.map(abs) }
    return (network, network.forward(pixels, batch: specimen.batch, following: pass.decisions))
  }

  /// The roundings on the longest path forward and back: a sum of k products has k; a pixel, a bias, a dropout, the
  /// loss have a few.
  private var roundingCount: Int {
    let inLoss = 4 * specimen.classCount + 16
    return architecture.nodes.reduce(inLoss) { count, node in
      let output = Extents(node.output)
      let (pixels, channels) = (output.height * output.width, Extents(node.input).channels)
      switch node.operation {
      case .convolution(let convolution):
        let taps = convolution.kernel.height * convolution.kernel.width
        return count + taps * (channels + output.channels) / convolution.groups + specimen.batch * pixels + 4
      case .linear: return count + node.input.count + node.output.count + specimen.batch + 4
      case .pool(let pooling): return count + pooling.size * pooling.size
      case .globalPool: return count + node.input.count / channels + 1
      default: return count + 4
      }
    }
  }

  // MARK: - Other networks

  private func measuredBounds() -> [[Double]] {
    let exact = naive.backward(logitGradient(pass.logits), pass)
    let rounded = roundedGradients()
    return zip(zip(exact.values, exact.magnitudes), rounded).map { exact, rounded in
      let spread = zip(exact.0, rounded).map { abs($0 - $1) }.max() ?? 0
      return exact.1.map { 10 * spread + 16 * 0x1p-24 * $0 }
    }
  }

  /// The naive network's gradients in Float.
  private func roundedGradients() -> [[Double]] {
    let network = NaiveNetwork<Float>(naive)
    let way = network.forward(
      images.map { Float($0) / 255 }, batch: specimen.batch, following: pass.decisions)
    let slopes = logitGradient(way.logits.map(Double.init)).map { Float($0) }
    return network.backward(slopes, way).values.map { $0.map(Double.init) }
  }

  // MARK: - The loss

  var lossBound: Double {
    let scale = max(1, specimen.teacher?.temperature ?? 1)
    if architecture.isPiecewiseLinear {
      let largest = networkOfMagnitudes().1.logits.max()!
      return 2.02 * scale * scale * Double(roundingCount) * 0x1p-24 * (1 + largest)
    }
    let network = NaiveNetwork<Float>(naive)
    let way = network.forward(
      images.map { Float($0) / 255 }, batch: specimen.batch, following: pass.decisions)
    let spread = zip(way.logits, pass.logits).map { abs(Double($0) - $1) }.max()!
    let largest = pass.logits.map(abs).max()!
    // A loss is off by at most twice what a logit is.
    return 2 * scale * scale * (10 * spread + 16 * 0x1p-24 * (1 + largest))
  }
}

extension Architecture {
  /// Whether every logit is, near a batch, a sum of products of parameters and pixels.
  var isPiecewiseLinear: Bool {
    nodes.allSatisfy { node in
      switch node.operation {
      case .normalization: false
      case .activation(.relu), .activation(.leaky): true
      case .activation: false
      default: true
      }
    }
  }
}
