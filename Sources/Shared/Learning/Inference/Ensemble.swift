// An ensemble of models: the probabilities of an image are the mean of theirs.
//
//     p = 1/M · Σ softmax(z_m / T_m)        over the M models
//
// z_m is the mean of the m-th model's logits over the views that this model averages, and T_m its temperature, 1 if it
// is not calibrated. Probabilities are averaged, not logits, so that networks whose logits differ in scale count alike.
// Lakshminarayanan, Pritzel & Blundell 2017, "Simple and Scalable Predictive Uncertainty Estimation using Deep
// Ensembles".

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

/// A model ready to answer: its network, its views and its temperature.
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

  /// Returns the logits of a batch for softmax: averaged over views and divided by the temperature. Valid until the
  /// next call.
  ///
  /// - Complexity: A forward pass for each image and view.
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

/// Models that answer together for the same images.
package final class Ensemble {
  package let networks: [AnsweringNetwork]
  package let batchCapacity: Int
  package let classCount: Int
  /// One model's answers, [batch, classes]; empty if there is only one model.
  private var answers: [Float] = []
  /// The sums of the models' answers so far, [batch, classes]; empty if there is only one model.
  private var sums: [Double] = []

  /// There is at least one model, and all agree (``Model/difference(from:classCount:classes:recipe:)``). Throws a
  /// ``NetworkSizeError`` before anything is allocated.
  ///
  /// - Complexity: O(memory of the networks), in time and memory.
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

  /// Writes the models' mean probabilities for a batch, or the logarithms of these, to `result`, [count, classes].
  ///
  /// - Complexity: A forward pass for each image, view and model.
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
    // A sum of a few Floats in Double has bits to spare, so rounding hides the order of the models.
    let modelCount = Double(networks.count)
    let logarithm = log(modelCount)
    for place in 0..<count {
      result[place] = Float(asLogarithms ? sums[place] - logarithm : sums[place] / modelCount)
    }
  }

  /// Returns ln(exp a + exp b), which is precise even if both exponentials are 0, and NaN if a or b is.
  private static func logarithmOfSum(_ one: Double, _ other: Double) -> Double {
    guard !one.isNaN, !other.isNaN else { return .nan }
    let high = max(one, other)
    guard high > -.infinity else { return high }
    return high + log1p(exp(min(one, other) - high))
  }
}
