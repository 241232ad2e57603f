// A network's logits for held-out images, kept so that they can be judged at several temperatures.

import ByteIO
import Compute
import Execution
import Inference
import KernelInterface
import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The logits of held-out images, averaged over their views, and the true classes.
public struct HeldOutAnswers: Equatable, Sendable {
  /// The mean logits, [count, classes].
  public let logits: [Float]
  /// The true classes, [count].
  public let labels: [UInt8]
  public let classCount: Int

  public init(logits: [Float], labels: [UInt8], classCount: Int) {
    precondition(
      logits.count == labels.count * classCount, "\(logits.count) logits of \(labels.count) images")
    precondition(labels.allSatisfy { Int($0) < classCount }, "a label of no class")
    (self.logits, self.labels, self.classCount) = (logits, labels, classCount)
  }

  public var count: Int { labels.count }

  /// Runs a network on the data, averaging over views if `memory` is given. Throws ``FileError``.
  init(of network: Network, averaging memory: ViewMemory?, on data: Dataset) throws(FileError) {
    let classCount = network.architecture.classCount
    var logits: [Float] = []
    logits.reserveCapacity(data.count * classCount)
    try data.forEachBatch(of: network.batchCapacity) { batch, _ in
      let rows = network.forward(batch, averaging: memory)
      for row in 0..<batch.count {
        let start = row * rows.stride
        logits.append(contentsOf: rows.floats[start..<start + classCount])
      }
    }
    self.init(logits: logits, labels: data.labels, classCount: classCount)
  }

  /// Runs a model on the data, in batches of `batchCapacity` images. Throws ``NetworkSizeError`` and ``FileError``.
  ///
  /// - Complexity: A forward pass for each image and view. Memory: O(n c) for n images and c classes.
  public init(
    of member: EnsembleMember, on data: Dataset, batchCapacity: Int, engine: Engine,
    precision: Precision = .float32
  ) throws {
    let ensemble = try Ensemble(
      [member], batchCapacity: batchCapacity, engine: engine, precision: precision)
    try self.init(of: ensemble.networks[0].network, averaging: ensemble.networks[0].views, on: data)
  }
}

extension HeldOutAnswers {
  /// Returns the probabilities that fm-predict gives at a temperature, [count, classes].
  ///
  /// - Complexity: O(n c) for n images and c classes.
  public func probabilities(at temperature: Float?) -> [Float] {
    var probabilities: [Float] = []
    probabilities.reserveCapacity(logits.count)
    let temperature = Double(temperature ?? 1)
    for index in 0..<count {
      let row = logits[index * classCount..<(index + 1) * classCount]
      let highest = Double(row.max() ?? 0)
      let exponentials = row.map { exp((Double($0) - highest) / temperature) }
      let sum = exponentials.reduce(0, +)
      probabilities += exponentials.map { Float($0 / sum) }
    }
    return probabilities
  }

  /// Returns the mean of −ln p, where p is the probability of the true class at a temperature.
  ///
  /// - Complexity: O(n c) for n images and c classes.
  public func logLoss(at temperature: Float?) -> Double {
    let inverse = 1 / Double(temperature ?? 1)
    let sum = (0..<count).reduce(0.0) { $0 + loss(ofImage: $1, inverseTemperature: inverse).loss }
    return sum / Double(count)
  }

  /// Returns an image's loss −ln p = ln Σ exp(β zₖ) − β z_y at the inverse temperature β, and its derivative with
  /// respect to β, Σ pₖ zₖ − z_y.
  ///
  /// - Complexity: O(c) for c classes.
  func loss(ofImage index: Int, inverseTemperature: Double) -> (loss: Double, slope: Double) {
    logits.withUnsafeBufferPointer { logits in
      let row = UnsafeBufferPointer(rebasing: logits[index * classCount..<(index + 1) * classCount])
      // The largest logit is subtracted, so that exp cannot overflow. Neither loss nor slope changes.
      let highest = Double(row.max() ?? 0)
      var (sum, weighted) = (0.0, 0.0)
      for logit in row {
        let difference = Double(logit) - highest
        let exponential = exp(inverseTemperature * difference)
        sum += exponential
        weighted += exponential * difference
      }
      let truth = Double(row[Int(labels[index])]) - highest
      return (log(sum) - inverseTemperature * truth, weighted / sum - truth)
    }
  }
}
