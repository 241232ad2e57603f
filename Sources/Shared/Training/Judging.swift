// A network judged by records that it does not learn from at that moment: no dropout, no gradient.

import Execution
import Inference

extension Network {
  /// The figures of all records, of answers averaged over views where there is memory for that.
  func figures(of data: Dataset, averaging memory: ViewMemory? = nil) -> Figures {
    var sums = BatchResult(lossSum: 0, correctCount: 0)
    data.labels.withUnsafeBufferPointer { labels in
      forEachBatch(of: data) { batch, start in
        let result = judge(
          forward(batch, averaging: memory), labels: UnsafeBufferPointer(rebasing: labels[start...]),
          batch: batch.count)
        sums.lossSum += result.lossSum
        sums.correctCount += result.correctCount
      }
    }
    return Figures(
      loss: sums.lossSum / Double(data.count), accuracy: Double(sums.correctCount) / Double(data.count))
  }

  /// Calls `body` with all images in their order, in batches as large as the network takes, and the number of each batch's
  /// first image.
  func forEachBatch(of data: Dataset, _ body: (_ batch: ImageBatch, _ start: Int) -> Void) {
    data.images.withUnsafeBufferPointer { images in
      for start in stride(from: 0, to: data.count, by: batchCapacity) {
        let bytes = UnsafeBufferPointer(rebasing: images[(start * data.shape.byteCount)...])
        body(ImageBatch(bytes: bytes, count: min(batchCapacity, data.count - start)), start)
      }
    }
  }

  /// The mean loss of a batch of records, given by their indexes, with their labels.
  func loss(of data: Dataset, _ indexes: ArraySlice<Int>, _ labels: ArraySlice<UInt8>) -> Double {
    data.images.withUnsafeBufferPointer { images in
      indexes.withUnsafeBufferPointer { indexes in
        labels.withUnsafeBufferPointer { labels in
          judge(
            forward(ImageBatch(bytes: images, indexes: indexes, count: indexes.count)), labels: labels,
            batch: indexes.count
          ).lossSum / Double(indexes.count)
        }
      }
    }
  }
}
