// What training needs besides the arrays of its steps: the gradient, and what is derived from the weights.

import Compute

/// The loss of each image of a batch, and whether its answer is right.
final class ResultMemory: @unchecked Sendable {
  let loss: BatchLoss

  init(batch: Int) {
    loss = BatchLoss(losses: .allocate(capacity: batch), isCorrect: .allocate(capacity: batch))
    loss.losses.initialize(repeating: 0)
    loss.isCorrect.initialize(repeating: false)
  }

  /// Those of an image and the ones after it.
  func from(_ position: Int) -> BatchLoss {
    BatchLoss(
      losses: UnsafeMutableBufferPointer(rebasing: loss.losses[position...]),
      isCorrect: UnsafeMutableBufferPointer(rebasing: loss.isCorrect[position...]))
  }

  deinit {
    loss.losses.deallocate()
    loss.isCorrect.deallocate()
  }
}

struct TrainingMemory {
  /// The gradient of every parameter, laid out like the parameters.
  let gradient: FloatBuffer
  /// Convolutions' weights as their input gradients want them, made anew when the weights change.
  let derived: FloatBuffer
  /// Where each worker writes the piece of a dense layer's gradient that it is at.
  let gradientPieces: FloatBuffer
  let results: ResultMemory

  init(_ plan: ExecutionPlan, batch: Int, engine: Engine) {
    gradient = FloatBuffer(count: plan.parameterCount)
    derived = FloatBuffer(count: plan.derivedCount)
    gradientPieces = FloatBuffer(count: engine.weightGradientScratchCount)
    results = ResultMemory(batch: batch)
  }

  /// Bytes of these buffers, in Double.
  static func byteCount(_ plan: ExecutionPlan, batch: Int, engine: Engine) -> Double {
    let floats =
      Double(plan.parameterCount) + Double(plan.derivedCount) + Double(engine.weightGradientScratchCount)
    return 4 * floats + Double(MemoryLayout<Double>.stride + 1) * Double(batch)
  }
}
