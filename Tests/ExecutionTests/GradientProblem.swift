// A small network with random weights and images, and the slopes of its loss by central differences in Double.
// RoundingBounds.swift bounds how far rounding in Float may deviate from them.

import Compute
import KernelInterface
import NetworkSamples
import Networks
import RandomNumbers
import TensorStream
import Testing

@testable import Execution

struct GradientProblem {
  let specimen: GradientCase
  let precision: Precision
  let architecture: Architecture
  let seed: UInt64
  let parameters: [Parameter]
  let images: [UInt8]
  let labels: [UInt8]
  /// The teachers' distribution over the classes, for each image.
  let taught: [[Float]]
  private(set) var naive: NaiveNetwork<Double>
  private(set) var pass: NaiveNetwork<Double>.Pass

  /// Decisions must be further than this from changing. No rounding error is as large.
  private static let margin = 1e-4
  /// Operands must be further than this from a tie in rounding to bfloat16, in units of its spacing. Since bfloat16 has
  /// 16 bits less than a float, that is 13 to 26 roundings of the operand.
  private static let tieMargin = 2e-4
  /// The step of the differences. Their own error is step² / 6 times the third derivative, and 2⁻⁵³ / step times the
  /// loss. While logits and their slopes are of the order of 1, as here, both are far below 10⁻⁹. A normalisation of
  /// values with standard deviation d has a third derivative of the order of d⁻³, at most 30,000 here.
  private static let step = 1e-5
  var differenceError: Double { architecture.hasNormalization ? 1e-6 : 1e-9 }

  /// Finds a random network that is far enough from every kink, from every tie of a pooling or of a rounding to
  /// bfloat16, and from batches without variance. With `frozen`, normalisations use running statistics.
  init(
    _ specimen: GradientCase, precision: Precision = .float32, frozen: Bool = false, attempts: UInt64 = 200
  ) throws {
    for seed in 1...attempts {
      let problem = try GradientProblem(specimen, precision, seed: seed, frozen: frozen)
      if problem.pass.margin > Self.margin, problem.isFarFromTies {
        self = problem
        return
      }
    }
    throw Unsuitable(specimen: specimen)
  }

  private var isFarFromTies: Bool {
    guard precision == .bfloat16, pass.tieMargin > Self.tieMargin else { return precision == .float32 }
    return naive.backward(logitGradient(pass.logits), pass).tieMargin > Self.tieMargin
  }

  /// Every network that was tried is close to a kink or a tie.
  struct Unsuitable: Error {
    let specimen: GradientCase
  }

  private init(_ specimen: GradientCase, _ precision: Precision, seed: UInt64, frozen: Bool) throws {
    self.specimen = specimen
    self.precision = precision
    self.seed = seed
    architecture = try Architecture(
      specification: specimen.specification, input: specimen.input, classCount: specimen.classCount)
    var random = SplitMix64(seed: seed)
    parameters = architecture.randomParameters(&random)
    images = (0..<specimen.batch * specimen.input.byteCount).map { _ in UInt8(random.next(below: 256)) }
    labels = (0..<specimen.batch).map { _ in UInt8(random.next(below: specimen.classCount)) }
    taught = (0..<specimen.batch).map { _ in
      let parts = (0..<specimen.classCount).map { _ in random.uniform() }
      return parts.map { Float($0 / parts.reduce(0, +)) }
    }
    naive = NaiveNetwork(architecture, parameters: parameters)
    naive.usesBatchStatistics = !frozen
    naive.roundsOperands = precision == .bfloat16
    if architecture.nodes.contains(where: { if case .dropout = $0.operation { true } else { false } }) {
      naive.dropoutFactors = Network(
        architecture, batchCapacity: specimen.batch, forTraining: true,
        engine: Engine(instructionSet: .baseline, jobs: 1), precision: precision
      ).dropoutFactors(DropoutKey(seed: seed, step: Self.trainingStep), batch: specimen.batch)
    }
    pass = naive.forward(images.map { Double($0) / 255 }, batch: specimen.batch)
  }

  private static let trainingStep: UInt64 = 5
  var key: DropoutKey { DropoutKey(seed: seed, step: Self.trainingStep) }
  var pixels: [Double] { images.map { Double($0) / 255 } }

  /// The network under test, with room for `room` more images than the batch.
  func makeNetwork(
    _ instructionSet: InstructionSet, jobs: Int = 1, room: Int = 0, usesTiles: Bool? = nil
  ) -> Network {
    let network = Network(
      architecture, batchCapacity: specimen.batch + room, forTraining: true,
      engine: Engine(instructionSet: instructionSet, jobs: jobs, usesTiles: usesTiles), precision: precision)
    network.importParameters(parameters)
    network.freezesStatistics = !naive.usesBatchStatistics
    return network
  }

  // MARK: - The network under test

  /// Runs its forward and backward pass.
  func computeGradient(_ network: Network) -> BatchResult {
    let taught = taughtRows(network)
    defer { withExtendedLifetime(taught) {} }
    return images.withUnsafeBufferPointer { images in
      labels.withUnsafeBufferPointer { labels in
        network.computeGradient(
          ImageBatch(bytes: images, count: specimen.batch), labels: labels,
          smoothing: Float(specimen.smoothing), weights: weights,
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

  // MARK: - The loss

  /// The weight of each image, if classes have weights.
  private var weights: [Float]? { specimen.classWeights.map { weights in labels.map { weights[Int($0)] } } }

  /// The factor of an image's loss in the mean.
  private func share(_ position: Int) -> Double {
    guard let weights else { return 1 / Double(specimen.batch) }
    return Double(weights[position]) / weights.reduce(0) { $0 + Double($1) }
  }

  /// The mean loss of a batch's logits, [batch, classes].
  func meanLoss(_ logits: [Double]) -> Double {
    (0..<specimen.batch).reduce(0) { sum, position in
      let (hard, soft) = crossEntropies(logits, position)
      guard let (weight, temperature) = teacher, let soft else { return sum + share(position) * hard.loss }
      let loss = (1 - weight) * hard.loss + weight * temperature * temperature * soft.loss
      return sum + share(position) * loss
    }
  }

  var meanLoss: Double { meanLoss(pass.logits) }

  private var teacher: (weight: Double, temperature: Double)? {
    specimen.teacher.map { (Double(Float($0.weight)), $0.temperature) }
  }

  /// The cross-entropy with the label, and with the teachers' distribution after dividing logits by the temperature.
  private func crossEntropies(
    _ logits: [Double], _ position: Int
  ) -> (hard: NaiveCrossEntropy, soft: NaiveCrossEntropy?) {
    let classes = specimen.classCount
    let own = Array(logits[position * classes..<(position + 1) * classes])
    let hard = NaiveCrossEntropy(
      own, label: labels[position], smoothing: Double(Float(specimen.smoothing)))
    let soft = specimen.teacher.map { teacher in
      NaiveCrossEntropy(own.map { $0 / teacher.temperature }, targets: taught[position].map(Double.init))
    }
    return (hard, soft)
  }

  /// The gradient of the mean loss with respect to each logit.
  func logitGradient(_ logits: [Double]) -> [Double] {
    logitTerms(logits) { $0 - $1 }
  }

  /// Σ |term| of that gradient, for each logit. The error of a probability is twice that of the logits, divided by the
  /// temperature.
  func logitGradientMagnitudes(_ logits: [Double]) -> [Double] {
    logitTerms(logits) { $0 + $1 }.map { max(1, 1 / (teacher?.temperature ?? 1)) * $0 }
  }

  /// For each logit, the sum over labels and teachers of `join(probability, target)`, times the image's factor in the
  /// mean.
  private func logitTerms(_ logits: [Double], _ join: (Double, Double) -> Double) -> [Double] {
    (0..<specimen.batch).flatMap { position -> [Double] in
      let (hard, soft) = crossEntropies(logits, position)
      let terms = zip(hard.probabilities, hard.targets).map(join)
      guard let (weight, temperature) = teacher, let soft else { return terms.map { share(position) * $0 } }
      let softTerms = zip(soft.probabilities, soft.targets).map(join)
      return zip(terms, softTerms).map {
        share(position) * ((1 - weight) * $0 + weight * temperature * $1)
      }
    }
  }

  // MARK: - Slopes

  /// ∂ mean loss / ∂ value for every value of every learned parameter. Each difference keeps the decisions of the
  /// unchanged network, so the function is smooth.
  func slopes() -> [[Double]] {
    var network = naive
    var slopes: [[Double]] = []
    for (index, node) in architecture.nodes.enumerated() {
      for (number, description) in node.parameters.enumerated() where description.role.isLearned {
        let parameter = network.firstParameter[index] + number
        slopes.append(
          (0..<description.count).map { place in
            let value = network.parameters[parameter][place]
            defer { network.parameters[parameter][place] = value }
            network.parameters[parameter][place] = value + Self.step
            let above = meanLoss(network.logits(changing: index, of: pass))
            network.parameters[parameter][place] = value - Self.step
            let below = meanLoss(network.logits(changing: index, of: pass))
            return (above - below) / (2 * Self.step)
          })
      }
    }
    return slopes
  }
}

extension Architecture {
  var hasNormalization: Bool {
    nodes.contains { node in
      switch node.operation {
      case .normalization, .layerNormalization: true
      default: false
      }
    }
  }

  /// Random weights that keep values of the order of 1 from layer to layer, biases that are never 0, and scales and
  /// variances around 1.
  func randomParameters(_ random: inout SplitMix64) -> [Parameter] {
    parameters.map { description in
      let inputs = description.shape.dropFirst().reduce(1, *)
      let bound =
        [.weight, .fixedWeight].contains(description.role) ? (6 / Double(inputs)).squareRoot() : 0.5
      let middle: Double =
        switch description.role {
        case .weight, .fixedWeight, .bias, .mean: 0
        case .scale, .variance: 1
        case .fixedScale, .counter: .nan
        }
      let values = (0..<description.count).map { _ in Float(middle + (2 * random.uniform() - 1) * bound) }
      switch description.role {
      case .fixedScale: return description.filled(1)
      case .counter: return description.filled(0)
      default: return Parameter(name: description.name, shape: description.shape, values: values)
      }
    }
  }
}

extension ParameterDescription {
  fileprivate func filled(_ value: Float) -> Parameter {
    Parameter(name: name, shape: shape, values: [Float](repeating: value, count: count))
  }
}

extension Network {
  /// The factors by which each dropout multiplies the values of a batch in a training step, by node: [batch, channels,
  /// height, width].
  func dropoutFactors(_ key: DropoutKey, batch: Int) -> [Int: [Double]] {
    var factors: [Int: [Double]] = [:]
    for value in plan.values {
      for dropout in value.dropouts {
        // Node 0 is the image, which the numbers of layers do not count.
        factors[dropout.layer + 1] = (0..<batch).flatMap { position in
          self.factors(value.layout, position, key.mask(dropout))
        }
      }
    }
    return factors
  }

  private func factors(_ layout: FeatureLayout, _ position: Int, _ mask: DropoutMask) -> [Double] {
    let values = FloatBuffer(count: layout.paddedCount)
    values.floats.update(repeating: 1)
    engine.drop(
      Rows(values.floats, stride: layout.imageStride), rowCount: 1, columns: layout.paddedCount,
      firstIndex: position * layout.imageStride, mask: mask)
    return (0..<layout.channels * layout.height * layout.width).map { place in
      let (channel, pixel) = place.quotientAndRemainder(dividingBy: layout.height * layout.width)
      return Double(
        values.floats[layout.offset(channel: channel, y: pixel / layout.width, x: pixel % layout.width)])
    }
  }
}
