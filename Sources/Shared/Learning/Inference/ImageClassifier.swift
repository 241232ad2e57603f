// Runs a model or an ensemble on images in memory: bytes in, predictions out.

import Compute
import Execution
import KernelInterface
import Networks
import TensorStream

/// Classifies images, batch by batch.
public final class ImageClassifier {
  /// The shape that images must have.
  public let input: ImageShape
  public let classCount: Int
  /// The names of the classes; `nil` if no model has any.
  public let classes: [String]?
  /// Whether predictions hold logarithms in place of probabilities.
  public let isLogarithmic: Bool
  private let ensemble: Ensemble

  /// There is at least one model, and all agree. At most `batchCapacity` images are computed together. Throws a
  /// ``NetworkSizeError``.
  public init(
    _ members: [EnsembleMember], batchCapacity: Int, engine: Engine,
    precision: Precision = .float32, predictsLogarithms: Bool = false
  ) throws(NetworkSizeError) {
    ensemble = try Ensemble(
      members, batchCapacity: batchCapacity, engine: engine, precision: precision)
    input = members[0].model.architecture.input
    classCount = members[0].model.architecture.classCount
    classes = members.classes
    isLogarithmic = predictsLogarithms
  }

  /// The content of predictions, besides labels and names, which come from the images.
  public var content: RecordFormat.Content {
    .prediction(classCount: classCount, isLogarithmic: isLogarithmic)
  }

  /// Appends the likeliest class, the first of equals, and the probabilities of `count` images, [count, height, width,
  /// channels], to the columns of `predictions`. The caller sets its count and its other columns.
  ///
  /// - Complexity: A forward pass for each image, view and model.
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
        for first in stride(from: 0, to: count, by: ensemble.batchCapacity) {
          ensemble.predict(
            ImageBatch(
              bytes: UnsafeBufferPointer(rebasing: bytes[(first * input.byteCount)...]),
              count: min(ensemble.batchCapacity, count - first)),
            asLogarithms: isLogarithmic,
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
