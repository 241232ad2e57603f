// Answers at work: the views of an image that an answer is the mean of, and probabilities of logits.

import Compute
import Execution
import Networks

/// What averaging over views needs: room for a batch of one, and for the mean of logits.
package final class ViewMemory {
  private let images: ChangedImages
  fileprivate let views: [(change: ImageChange, weight: Float)]
  /// [batch, classes], without gaps.
  private var means: [Float]

  /// `nil` where the image alone is asked.
  package init?(_ averaging: Averaging, _ architecture: Architecture, batchCapacity: Int) {
    guard averaging != .none else { return nil }
    views = averaging.views
    images = ChangedImages(architecture.input, capacity: batchCapacity)
    means = Array(repeating: 0, count: batchCapacity * architecture.classCount)
  }

  /// Forward passes for one answer.
  package var viewCount: Int { views.count }

  /// The images as a view shows them. Valid until the next call.
  fileprivate func images(_ batch: ImageBatch, as view: ImageChange, on engine: Engine) -> ImageBatch {
    images.batch(batch, on: engine) { _ in view }
  }

  /// Adds the logits of a view to the mean, of which those of the first are the beginning. Weighted first: the sum of
  /// large logits may be infinite where their mean is not.
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
  /// The logits of a batch, the mean over the images' views where there is memory for that.
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

  /// The logits by which a model answers: the mean over views, divided by the temperature where there is one.
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

  /// Class probabilities of a batch, [count, classes], row-major, into `probabilities`.
  public func predict(_ batch: ImageBatch, into probabilities: UnsafeMutableBufferPointer<Float>) {
    predict(batch, averaging: nil, temperature: nil, asLogarithms: false, into: probabilities)
  }

  /// The same, averaged over views where there is memory for that, at a temperature where there is one, and as natural
  /// logarithms where these are wanted: precise also where a probability is too small for a Float.
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
