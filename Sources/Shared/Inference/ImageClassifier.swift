// A model at work on images in memory: bytes in, predictions out.

import Compute
import Execution
import KernelInterface
import Networks
import TensorStream

/// Classifies images, batch by batch.
public final class ImageClassifier {
  /// What images must have.
  public let input: ImageShape
  public let classCount: Int
  /// The names of the classes, `nil` where the model has none.
  public let classes: [String]?
  /// Whether predictions have logarithms in place of probabilities.
  public let isLogarithmic: Bool
  private let network: Network
  private let views: ViewMemory?

  /// `batchCapacity` images are computed at once, at most. Throws ``NetworkSizeError/tooLarge(byteCount:)``.
  public init(
    _ model: Model, averaging: Averaging = .none, batchCapacity: Int, engine: Engine,
    precision: Precision = .float32, predictsLogarithms: Bool = false
  ) throws(NetworkSizeError) {
    try Network.checkMemory(
      model.architecture, batch: batchCapacity, forTraining: false, engine: engine, precision: precision)
    input = model.architecture.input
    classCount = model.architecture.classCount
    classes = model.classes
    isLogarithmic = predictsLogarithms
    network = Network(
      model.architecture, batchCapacity: batchCapacity, forTraining: false, engine: engine,
      precision: precision, scaling: model.scaling)
    network.importParameters(model.parameters)
    views = ViewMemory(averaging, model.architecture, batchCapacity: batchCapacity)
  }

  /// What predictions hold, besides labels and names as the images have them.
  public var content: RecordFormat.Content {
    .prediction(classCount: classCount, isLogarithmic: isLogarithmic)
  }

  /// Appends the likeliest class, the first of equals, and the probabilities of `count` images, [count, height, width,
  /// channels], to the columns of `predictions`. Its count and its other columns are the caller's.
  public func predict(_ images: [UInt8], count: Int, into predictions: inout RecordBatch) {
    precondition(images.count == count * input.byteCount, "\(images.count) bytes for \(count) images")
    let start = predictions.probabilities.count
    appendProbabilities(images, count: count, to: &predictions.probabilities)
    appendLikeliest(from: start, to: &predictions)
  }

  private func appendProbabilities(_ images: [UInt8], count: Int, to probabilities: inout [Float]) {
    let start = probabilities.count
    probabilities.append(contentsOf: repeatElement(0, count: count * classCount))
    images.withUnsafeBufferPointer { bytes in
      probabilities.withUnsafeMutableBufferPointer { probabilities in
        for first in stride(from: 0, to: count, by: network.batchCapacity) {
          network.predict(
            ImageBatch(
              bytes: UnsafeBufferPointer(rebasing: bytes[(first * input.byteCount)...]),
              count: min(network.batchCapacity, count - first)),
            averaging: views, asLogarithms: isLogarithmic,
            into: UnsafeMutableBufferPointer(rebasing: probabilities[(start + first * classCount)...]))
        }
      }
    }
  }

  private func appendLikeliest(from start: Int, to predictions: inout RecordBatch) {
    predictions.probabilities.withUnsafeBufferPointer { probabilities in
      for first in stride(from: start, to: probabilities.count, by: classCount) {
        var best = first
        for index in first..<first + classCount where probabilities[index] > probabilities[best] {
          best = index
        }
        predictions.predicted.append(UInt8(best - first))
      }
    }
  }
}
