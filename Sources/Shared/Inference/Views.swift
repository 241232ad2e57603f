// Answers at work: the views of an image that an answer is the mean of, and probabilities of logits.

import Compute
import Execution
import Networks

/// What averaging over mirror images needs: room for a batch of them, and for the first logits.
package final class MirrorMemory {
  private let images: ChangedImages
  /// [batch, classes], without gaps.
  private var logits: [Float]

  /// `nil` where the image alone is asked.
  package init?(_ averaging: Averaging, _ architecture: Architecture, batchCapacity: Int) {
    guard averaging == .flip else { return nil }
    images = ChangedImages(architecture.input, capacity: batchCapacity)
    logits = Array(repeating: 0, count: batchCapacity * architecture.classCount)
  }

  /// The mirror images of a batch. Valid until the next call.
  fileprivate func mirror(_ batch: ImageBatch, on engine: Engine) -> ImageBatch {
    images.batch(batch, on: engine) { _ in .mirrored }
  }

  fileprivate func keep(_ rows: Rows, batch: Int, classCount: Int) {
    for row in 0..<batch {
      for column in 0..<classCount {
        logits[row * classCount + column] = rows.floats[row * rows.stride + column]
      }
    }
  }

  /// Replaces logits by the mean of them and those kept. Which came first does not matter: a sum of two is exact in that.
  fileprivate func average(_ rows: Rows, batch: Int, classCount: Int) {
    for row in 0..<batch {
      for column in 0..<classCount {
        let place = row * rows.stride + column
        // Each halved first: the sum of two large logits may be infinite where their mean is not.
        rows.floats[place] = 0.5 * rows.floats[place] + 0.5 * logits[row * classCount + column]
      }
    }
  }
}

extension Network {
  /// The logits of a batch, the mean over the images and their mirror images where `mirror` is given.
  package func forward(_ batch: ImageBatch, averaging mirror: MirrorMemory?) -> Rows {
    guard let mirror else { return forward(batch) }
    let classCount = architecture.classCount
    mirror.keep(forward(batch), batch: batch.count, classCount: classCount)
    let logits = forward(mirror.mirror(batch, on: engine))
    mirror.average(logits, batch: batch.count, classCount: classCount)
    return logits
  }

  /// Class probabilities of a batch, [count, classes], row-major, into `probabilities`.
  public func predict(_ batch: ImageBatch, into probabilities: UnsafeMutableBufferPointer<Float>) {
    predict(batch, averaging: nil, asLogarithms: false, into: probabilities)
  }

  /// The same, averaged over mirror images where `mirror` is given, and as natural logarithms where these are wanted:
  /// precise also where a probability is too small for a Float.
  package func predict(
    _ batch: ImageBatch, averaging mirror: MirrorMemory?, asLogarithms: Bool,
    into result: UnsafeMutableBufferPointer<Float>
  ) {
    let classCount = architecture.classCount
    precondition(result.count >= batch.count * classCount, "too little room for the probabilities")
    withBestOrder(batch) { batch, positions in
      let logits = forward(batch, averaging: mirror)
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
