// Models that answer together: the probabilities of an image are the mean of theirs.
//
//     p = 1/M · Σ softmax(z_m / T_m)        over the M models
//
// z_m is the mean of the m-th model's logits over the views by which that model answers, and T_m its temperature, 1 where it
// is not calibrated. Probabilities are averaged, not logits: networks whose logits differ in scale then count alike.
// Lakshminarayanan, Pritzel & Blundell 2017, "Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles".

import Compute
import Execution
import KernelInterface
import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A model, and how its answers are averaged over views.
public struct EnsembleMember: Sendable {
  public var model: Model
  public var averaging: Averaging

  public init(_ model: Model, averaging: Averaging = .none) {
    self.model = model
    self.averaging = averaging
  }
}

/// A model at work: its network, and what makes answers of logits.
package final class AnsweringNetwork {
  package let network: Network
  package let views: ViewMemory?
  private let temperature: Float?

  fileprivate init(
    _ member: EnsembleMember, batchCapacity: Int, engine: Engine, precision: Precision
  ) {
    let model = member.model
    network = Network(
      model.architecture, batchCapacity: batchCapacity, forTraining: false, engine: engine,
      precision: precision, scaling: model.scaling)
    network.importParameters(model.parameters)
    views = ViewMemory(member.averaging, model.architecture, batchCapacity: batchCapacity)
    temperature = model.temperature
  }

  /// The logits of a batch, as softmax is to get them. Valid until the next call.
  package func logits(_ batch: ImageBatch) -> Rows {
    network.forward(batch, averaging: views, temperature: temperature)
  }

  fileprivate func predict(
    _ batch: ImageBatch, asLogarithms: Bool, into result: UnsafeMutableBufferPointer<Float>
  ) {
    network.predict(
      batch, averaging: views, temperature: temperature, asLogarithms: asLogarithms, into: result)
  }
}

/// Models at work on the same images.
package final class Ensemble {
  package let networks: [AnsweringNetwork]
  package let batchCapacity: Int
  package let classCount: Int
  /// One model's answers, and the sum of all models' so far, [batch, classes]; empty where there is one model.
  private var answers: [Float] = []
  private var sums: [Double] = []

  /// The models agree (``Model/difference(from:classCount:classes:recipe:)``), and there is one at least. Throws a
  /// ``NetworkSizeError`` before anything is allocated.
  package init(
    _ members: [EnsembleMember], batchCapacity: Int, engine: Engine, precision: Precision
  ) throws(NetworkSizeError) {
    precondition(!members.isEmpty, "an ensemble of no models")
    try Network.checkMemory(
      together: members.map(\.model.architecture), batch: batchCapacity, engine: engine,
      precision: precision)
    networks = members.map {
      AnsweringNetwork($0, batchCapacity: batchCapacity, engine: engine, precision: precision)
    }
    self.batchCapacity = batchCapacity
    classCount = members[0].model.architecture.classCount
    guard networks.count > 1 else { return }
    answers = Array(repeating: 0, count: batchCapacity * classCount)
    sums = Array(repeating: 0, count: batchCapacity * classCount)
  }

  /// The models' mean probabilities for a batch, or the logarithms of these, [count, classes], into `result`.
  package func predict(
    _ batch: ImageBatch, asLogarithms: Bool, into result: UnsafeMutableBufferPointer<Float>
  ) {
    guard networks.count > 1 else {
      return networks[0].predict(batch, asLogarithms: asLogarithms, into: result)
    }
    let count = batch.count * classCount
    precondition(result.count >= count, "too little room for the probabilities")
    for (index, network) in networks.enumerated() {
      answers.withUnsafeMutableBufferPointer {
        network.predict(batch, asLogarithms: asLogarithms, into: $0)
      }
      for place in 0..<count {
        let answer = Double(answers[place])
        if index == 0 {
          sums[place] = answer
        } else {
          sums[place] = asLogarithms ? Self.logarithmOfSum(sums[place], answer) : sums[place] + answer
        }
      }
    }
    // Doubles add a few Floats with bits to spare, so that the order of the models is rounded away.
    let modelCount = Double(networks.count)
    let logarithm = log(modelCount)
    for place in 0..<count {
      result[place] = Float(asLogarithms ? sums[place] - logarithm : sums[place] / modelCount)
    }
  }

  /// ln(exp a + exp b), precise also where both exponentials are 0; NaN if either is.
  private static func logarithmOfSum(_ one: Double, _ other: Double) -> Double {
    guard !one.isNaN, !other.isNaN else { return .nan }
    let high = max(one, other)
    guard high > -.infinity else { return high }
    return high + log1p(exp(min(one, other) - high))
  }
}
