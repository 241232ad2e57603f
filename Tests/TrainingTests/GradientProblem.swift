// A small network with random weights and images: the slopes of its loss by central differences in Double, and how far
// rounding in Float may lead away from them.

import Compute
import KernelInterface
import RandomNumbers
import TensorStream
import Testing

@testable import Networks
@testable import Execution

/// What is tested: an architecture, and the batch it sees.
struct GradientCase: Sendable, CustomTestStringConvertible {
  var specification: String
  var input = ImageShape(height: 6, width: 7, channels: 1)
  var classCount = 3
  var batch = 3
  var smoothing = 0.0
  /// Teachers' share and temperature; their distributions are random.
  var teacher: (weight: Double, temperature: Double)?

  var testDescription: String {
    "\(specification) on \(batch) × \(input.text), \(classCount) classes"
      + (smoothing > 0 ? ", smoothing \(smoothing)" : "")
      + (teacher.map { ", teachers' \($0.weight) at \($0.temperature)" } ?? "")
  }
}

struct GradientProblem {
  let specimen: GradientCase
  let architecture: Architecture
  let seed: UInt64
  let parameters: [Parameter]
  let images: [UInt8]
  let labels: [UInt8]
  /// For each image, a distribution over the classes.
  let taught: [[Float]]
  private(set) var naive: NaiveNetwork
  private var passes: [NaiveNetwork.Pass] = []

  /// Decisions have to be further than this from being others: no rounding and no step of a difference is as large.
  private static let margin = 1e-4
  /// The step of the differences. Their own error is step² / 6 times the third derivative, and 2⁻⁵³ / step times the
  /// loss: both far below 10⁻⁹ while logits and their slopes are of the order of 1, as here.
  private static let step = 1e-5
  static let differenceError = 1e-9

  /// The first of many random networks that is far enough from every ReLU's kink and every tie of a pooling.
  init(_ specimen: GradientCase, attempts: UInt64 = 200) throws {
    for seed in 1...attempts {
      let problem = try GradientProblem(specimen, seed: seed)
      if problem.passes.allSatisfy({ $0.margin > Self.margin }) {
        self = problem
        return
      }
    }
    throw Unsuitable(specimen: specimen)
  }

  /// All networks that were tried are close to a kink.
  struct Unsuitable: Error {
    let specimen: GradientCase
  }

  private init(_ specimen: GradientCase, seed: UInt64) throws {
    self.specimen = specimen
    self.seed = seed
    architecture = try Architecture(
      specification: specimen.specification, input: specimen.input, classCount: specimen.classCount)
    var random = SplitMix64(seed: seed)
    parameters = architecture.parameters.map { description in
      // Weights that keep values of the order of 1 from layer to layer, and biases that are never 0.
      let inputs = description.shape.dropFirst().reduce(1, *)
      let bound = description.shape.count == 1 ? 0.5 : (6 / Double(inputs)).squareRoot()
      return Parameter(
        name: description.name, shape: description.shape,
        values: (0..<description.count).map { _ in Float((2 * random.uniform() - 1) * bound) })
    }
    images = (0..<specimen.batch * specimen.input.byteCount).map { _ in UInt8(random.next(below: 256)) }
    labels = (0..<specimen.batch).map { _ in UInt8(random.next(below: specimen.classCount)) }
    taught = (0..<specimen.batch).map { _ in
      let parts = (0..<specimen.classCount).map { _ in random.uniform() }
      return parts.map { Float($0 / parts.reduce(0, +)) }
    }
    naive = NaiveNetwork(architecture, parameters: parameters)
    naive.dropoutFactors = makeNetwork(.baseline).dropoutFactors(key, batch: specimen.batch)
    passes = (0..<specimen.batch).map { naive.forward(pixels($0), position: $0) }
  }

  var key: DropoutKey { DropoutKey(seed: seed, step: 5) }

  func makeNetwork(_ instructionSet: InstructionSet, jobs: Int = 1) -> Network {
    let network = Network(
      architecture, batchCapacity: specimen.batch, forTraining: true,
      engine: Engine(instructionSet: instructionSet, jobs: jobs))
    network.importParameters(parameters)
    return network
  }

  /// Our forward and backward pass.
  func computeGradient(_ network: Network) -> BatchResult {
    let taught = taughtRows(network)
    defer { withExtendedLifetime(taught) {} }
    return images.withUnsafeBufferPointer { images in
      labels.withUnsafeBufferPointer { labels in
        network.computeGradient(
          ImageBatch(bytes: images, count: specimen.batch), labels: labels,
          smoothing: Float(specimen.smoothing),
          soft: specimen.teacher.map {
            SoftTargets(
              distributions: Rows(taught.floats, stride: network.logitStride), weight: Float($0.weight),
              temperature: Float($0.temperature))
          }, dropout: key)
      }
    }
  }

  /// The teachers' distributions, laid out like logits.
  private func taughtRows(_ network: Network) -> FloatBuffer {
    let buffer = FloatBuffer(count: specimen.batch * network.logitStride)
    for (position, distribution) in taught.enumerated() {
      for (column, value) in distribution.enumerated() {
        buffer.floats[position * network.logitStride + column] = value
      }
    }
    return buffer
  }

  private func pixels(_ position: Int) -> [Double] {
    let byteCount = specimen.input.byteCount
    return images[position * byteCount..<(position + 1) * byteCount].map { Double($0) / 255 }
  }

  private func crossEntropy(_ pass: NaiveNetwork.Pass, _ position: Int) -> NaiveCrossEntropy {
    NaiveCrossEntropy(pass.logits, label: labels[position], smoothing: Double(Float(specimen.smoothing)))
  }

  /// The same of the teachers' distribution, with logits divided by the temperature.
  private func softCrossEntropy(
    _ pass: NaiveNetwork.Pass, _ position: Int, temperature: Double
  ) -> NaiveCrossEntropy {
    NaiveCrossEntropy(pass.logits.map { $0 / temperature }, targets: taught[position].map(Double.init))
  }

  private func loss(_ pass: NaiveNetwork.Pass, _ position: Int) -> Double {
    let loss = crossEntropy(pass, position).loss
    guard let (weight, temperature) = specimen.teacher.map({ (Double(Float($0.weight)), $0.temperature) })
    else { return loss }
    let soft = softCrossEntropy(pass, position, temperature: temperature).loss
    return (1 - weight) * loss + weight * temperature * temperature * soft
  }

  /// For each logit, Σ |term| of the loss's slope.
  private func slopeTerms(_ pass: NaiveNetwork.Pass, _ position: Int) -> [Double] {
    let hard = crossEntropy(pass, position)
    let terms = zip(hard.probabilities, hard.targets).map { $0 + $1 }
    guard let (weight, temperature) = specimen.teacher else { return terms }
    let soft = softCrossEntropy(pass, position, temperature: temperature)
    // What logits are off, a probability is off by twice that divided by the temperature.
    return terms.indices.map {
      (1 - weight) * terms[$0]
        + weight * max(1, temperature) * (soft.probabilities[$0] + soft.targets[$0])
    }
  }

  /// The batch's mean loss; `nil` where a decision is not the one of the unchanged network.
  private func meanLoss(of network: NaiveNetwork) -> Double? {
    var sum = 0.0
    for position in 0..<specimen.batch {
      let pass = network.forward(pixels(position), position: position)
      guard pass.decisions == passes[position].decisions else { return nil }
      sum += loss(pass, position)
    }
    return sum / Double(specimen.batch)
  }

  var meanLoss: Double { meanLoss(of: naive)! }

  /// ∂ mean loss / ∂ parameter for every value of every parameter.
  func slopes() throws -> [[Double]] {
    var network = naive
    return try network.parameters.indices.map { parameter in
      try network.parameters[parameter].indices.map { index in
        let value = network.parameters[parameter][index]
        defer { network.parameters[parameter][index] = value }
        network.parameters[parameter][index] = value + Self.step
        let above = try #require(meanLoss(of: network), "a step crosses a kink")
        network.parameters[parameter][index] = value - Self.step
        let below = try #require(meanLoss(of: network), "a step crosses a kink")
        return (above - below) / (2 * Self.step)
      }
    }
  }

  // MARK: - Rounding
  //
  // Every gradient is a sum over paths from the loss to the parameter of products of what lies on the way: pixels,
  // weights, dropout's factors and a logit's (probability − target). A sum of products whose terms pass through n
  // roundings is off by at most n · 2⁻²⁴ · Σ |term|, to first order, in whatever order it is summed (Higham, "Accuracy
  // and Stability of Numerical Algorithms", 3.1). Σ |term| is the slope of the network of absolute values, with the
  // same decisions; in a single parameter that network is linear, so that a step of 1 gives its slope. A probability is
  // off by twice what the logits are off.

  /// For every value of every parameter, how far its gradient may be off.
  func roundingBounds() -> [[Double]] {
    var network = naive
    network.parameters = network.parameters.map { $0.map(abs) }
    let weights = passes.indices.map { position in
      slopeTerms(passes[position], position).map { $0 / Double(specimen.batch) }
    }
    func sum(_ network: NaiveNetwork) -> Double {
      passes.indices.reduce(0) { sum, position in
        let pass = network.forward(
          pixels(position), position: position, following: passes[position].decisions)
        return sum + zip(pass.logits, weights[position]).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
    let factor = 1.01 * Double(roundingCount) * 0x1p-24 * (1 + 2 * largestLogitMagnitude)
    let start = sum(network)
    return network.parameters.indices.map { parameter in
      network.parameters[parameter].indices.map { index in
        let value = network.parameters[parameter][index]
        defer { network.parameters[parameter][index] = value }
        network.parameters[parameter][index] = value + 1
        return factor * (sum(network) - start)
      }
    }
  }

  var lossBound: Double {
    let scale = max(1, specimen.teacher?.temperature ?? 1)
    return 2.02 * scale * scale * Double(roundingCount) * 0x1p-24 * (1 + largestLogitMagnitude)
  }

  /// The largest Σ |term| of a logit.
  private var largestLogitMagnitude: Double {
    var network = naive
    network.parameters = network.parameters.map { $0.map(abs) }
    return passes.indices.map { position in
      network.forward(pixels(position), position: position, following: passes[position].decisions)
        .logits.max()!
    }.max()!
  }

  /// The roundings on the longest path forward and back: a sum of k products has k; a pixel, a bias, a dropout, the
  /// loss have a few.
  private var roundingCount: Int {
    let inLoss = 4 * specimen.classCount + 16
    return architecture.layers.reduce(inLoss) { count, placed in
      switch (placed.layer, placed.input, placed.output) {
      case (.convolution(let layer), .map(_, _, let channels), .map(let height, let width, _)):
        let taps = layer.kernelSize * layer.kernelSize
        return count + taps * (channels + layer.channels) + specimen.batch * height * width + 4
      case (.linear(let outputs), let input, _): return count + input.count + outputs + specimen.batch + 4
      case (.maxPool(let size, _), _, _): return count + size * size
      default: return count + 4
      }
    }
  }
}

extension Network {
  /// What the dropout layers multiply each value with in a training step: by layer, then by image, [channels, height,
  /// width].
  func dropoutFactors(_ key: DropoutKey, batch: Int) -> [Int: [[Double]]] {
    var factors: [Int: [[Double]]] = [:]
    for stage in plan.stages {
      let layout = stage.output
      for dropout in stage.dropouts {
        factors[dropout.layer] = (0..<batch).map { position in
          let values = FloatBuffer(count: layout.paddedCount)
          values.floats.update(repeating: 1)
          engine.drop(
            Rows(values.floats, stride: layout.imageStride), rowCount: 1, columns: layout.paddedCount,
            firstIndex: position * layout.imageStride, mask: key.mask(dropout))
          return (0..<layout.channels * layout.height * layout.width).map { place in
            let (channel, pixel) = place.quotientAndRemainder(dividingBy: layout.height * layout.width)
            return Double(
              values.floats[
                layout.offset(channel: channel, y: pixel / layout.width, x: pixel % layout.width)])
          }
        }
      }
    }
    return factors
  }
}
