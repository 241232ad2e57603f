// A batch of logits, laid out as by a network's last layer, and its loss.

import Compute
import KernelInterface

struct BatchOfLogits {
  let batch: Int
  let classCount: Int
  /// Rows are a lane longer than necessary. The columns after the classes are NaN, which must not matter.
  let stride: Int
  let logits: GuardedFloats
  let labels: GuardedBytes
  private let values: [Float]

  init(_ values: [Float], batch: Int, classCount: Int, labels: [UInt8]? = nil) {
    self.batch = batch
    self.classCount = classCount
    self.values = values
    stride = (classCount + 15) / 16 * 16 + 16
    var padded: [Float] = []
    for row in 0..<batch {
      padded += values[row * classCount..<(row + 1) * classCount]
      padded += [Float](repeating: .nan, count: stride - classCount)
    }
    logits = GuardedFloats(.rows(batch, stride, stride: stride), padded)
    self.labels = GuardedBytes(labels ?? randomBytes(batch, seed: 9, below: classCount))
  }

  var rows: [[Float]] { (0..<batch).map { Array(values[$0 * classCount..<($0 + 1) * classCount]) } }

  var allColumns: Layout { .rows(batch, stride, stride: stride) }
  var result: GuardedFloats { GuardedFloats(allColumns) }
  var logitRows: Rows { rows(of: logits) }
  func rows(of floats: GuardedFloats) -> Rows { Rows(floats.floats, stride: stride) }

  /// The expected whole rows. Columns after the classes become 0.
  func padded(_ rows: [[Rounded]]) -> Expected {
    Expected(rows.flatMap { $0 + [Rounded](repeating: Rounded(0), count: stride - classCount) })
  }

  /// Computes the losses. `weights` are those of the rows; `mixture` has the second labels and the shares of the first.
  func crossEntropy(
    _ engine: Engine, smoothing: Float, weights: [Float]? = nil,
    mixture: (labels: GuardedBytes, shares: [Float])? = nil,
    soft: SoftTargets? = nil, logits: Rows? = nil, gradient: Rows?
  ) -> (losses: [Double], isCorrect: [Bool]) {
    var losses = [Double](repeating: .nan, count: batch)
    var isCorrect = [Bool](repeating: false, count: batch)
    losses.withUnsafeMutableBufferPointer { losses in
      isCorrect.withUnsafeMutableBufferPointer { isCorrect in
        (mixture?.shares ?? []).withUnsafeBufferPointer { shares in
          _ = engine.crossEntropy(
            logits: logits ?? logitRows, labels: UnsafeBufferPointer(labels.bytes), batch: batch,
            classCount: classCount, smoothing: smoothing, weights: weights,
            mixture: mixture.map {
              LabelMixture(otherLabels: UnsafeBufferPointer($0.labels.bytes), shares: shares)
            }, soft: soft, loss: BatchLoss(losses: losses, isCorrect: isCorrect), gradient: gradient)
        }
      }
    }
    return (losses, isCorrect)
  }
}
