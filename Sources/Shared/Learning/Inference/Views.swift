// Computes answers: the mean of logits over the views of an image, and probabilities from logits.

import Compute
import Execution
import Networks

/// Memory for averaging over views: a batch of one view, and the mean of the logits.
package final class ViewMemory {
  private let images: ChangedImages
  fileprivate let views: [(change: ImageChange, weight: Float)]
  /// The mean logits, [batch, classes], without gaps.
  private var means: [Float]

  /// Returns `nil` if the image is the only view.
  ///
  /// - Complexity: O(batchCapacity · (bytes of an image + classes)), in time and memory.
  package init?(_ averaging: Averaging, _ architecture: Architecture, batchCapacity: Int) {
    guard averaging != .none else { return nil }
    views = averaging.views
    images = ChangedImages(architecture.input, capacity: batchCapacity)
    means = Array(repeating: 0, count: batchCapacity * architecture.classCount)
  }

  /// The number of forward passes for one answer.
  package var viewCount: Int { views.count }

  /// Returns the images as a view shows them. Valid until the next call.
  fileprivate func images(_ batch: ImageBatch, as view: ImageChange, on engine: Engine) -> ImageBatch {
    images.batch(batch, on: engine) { _ in view }
  }

  /// Adds the logits of a view to the mean, which the first view begins. They are weighted first, because the sum of
  /// large logits may be infinite although their mean is not.
  fileprivate func add(_ rows: Rows, weight: Float, isFirst: Bool, batch: Int, classCount: Int) {
    for row in 0..<batch {
      for column in 0..<classCount {
        let share = weight * rows.floats[row * rows.stride + column]
        let place = row * classCount + column
        means[place] = isFirst ? share : means[place] + share
      }
    }
  }

  fileprivate func writeMeans(to rows: Rows, batch: Int, classCount: Int) {
    for row in 0..<batch {
      for column in 0..<classCount {
        rows.floats[row * rows.stride + column] = means[row * classCount + column]
      }
    }
  }
}

extension Network {
  /// Returns the logits of a batch, averaged over the images' views if `memory` is given.
  ///
  /// - Complexity: A forward pass for each image and view.
  package func forward(_ batch: ImageBatch, averaging memory: ViewMemory?) -> Rows {
    guard let memory else { return forward(batch) }
    let classCount = architecture.classCount
    var logits = forward(batch)
    memory.add(
      logits, weight: memory.views[0].weight, isFirst: true, batch: batch.count, classCount: classCount)
    for view in memory.views.dropFirst() {
      logits = forward(memory.images(batch, as: view.change, on: engine))
      memory.add(logits, weight: view.weight, isFirst: false, batch: batch.count, classCount: classCount)
    }
    memory.writeMeans(to: logits, batch: batch.count, classCount: classCount)
    return logits
  }

  /// Returns the logits with which a model answers: averaged over views, and divided by the temperature if there is
  /// one.
  package func forward(
    _ batch: ImageBatch, averaging memory: ViewMemory?, temperature: Float?
  ) -> Rows {
    let logits = forward(batch, averaging: memory)
    guard let temperature else { return logits }
    for row in 0..<batch.count {
      for column in 0..<architecture.classCount {
        logits.floats[row * logits.stride + column] /= temperature
      }
    }
    return logits
  }

  /// Writes the class probabilities of a batch to `probabilities`, [count, classes], row-major.
  ///
  /// - Complexity: A forward pass for each image.
  public func predict(_ batch: ImageBatch, into probabilities: UnsafeMutableBufferPointer<Float>) {
    predict(batch, averaging: nil, temperature: nil, asLogarithms: false, into: probabilities)
  }

  /// Writes the class probabilities of a batch to `result`, [count, classes], row-major, averaged over views if
  /// `memory` is given, and at `temperature` if there is one. With `asLogarithms`, writes natural logarithms, which are
  /// precise even if a probability is too small for a Float.
  ///
  /// - Complexity: A forward pass for each image and view.
  package func predict(
    _ batch: ImageBatch, averaging memory: ViewMemory?, temperature: Float?, asLogarithms: Bool,
    into result: UnsafeMutableBufferPointer<Float>
  ) {
    let classCount = architecture.classCount
    precondition(result.count >= batch.count * classCount, "too little room for the probabilities")
    withBestOrder(batch) { batch, positions in
      let logits = forward(batch, averaging: memory, temperature: temperature)
      if asLogarithms {
        engine.logSoftmax(logits: logits, logarithms: logits, batch: batch.count, classCount: classCount)
      } else {
        engine.softmax(logits: logits, probabilities: logits, batch: batch.count, classCount: classCount)
      }
      for row in 0..<batch.count {
        let target = (positions?[row] ?? row) * classCount
        for column in 0..<classCount {
          result[target + column] = logits.floats[row * logits.stride + column]
        }
      }
    }
  }
}
