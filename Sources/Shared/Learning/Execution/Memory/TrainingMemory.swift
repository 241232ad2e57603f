// The memory that training needs besides the arrays of its steps: the gradient, and values derived from the weights.

import Compute

/// The loss of each image of a batch, and whether its answer is right.
final class ResultMemory: @unchecked Sendable {
  let loss: BatchLoss

  init(batch: Int) {
    loss = BatchLoss(losses: .allocate(capacity: batch), isCorrect: .allocate(capacity: batch))
    loss.losses.initialize(repeating: 0)
    loss.isCorrect.initialize(repeating: false)
  }

  /// Returns the results of an image and of the images after it.
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
  /// The weights of convolutions in the layout that input gradients need; recomputed when the weights change.
  let derived: FloatBuffer
  /// Scratch memory in which each worker computes a piece of a dense layer's gradient.
  let gradientPieces: FloatBuffer
  let results: ResultMemory

  init(_ plan: ExecutionPlan, batch: Int, engine: Engine) {
    gradient = FloatBuffer(count: plan.parameterCount)
    derived = FloatBuffer(count: plan.derivedCount)
    gradientPieces = FloatBuffer(count: engine.weightGradientScratchCount)
    results = ResultMemory(batch: batch)
  }

  /// Returns the bytes of these buffers, in Double.
  static func byteCount(_ plan: ExecutionPlan, batch: Int, engine: Engine) -> Double {
    let floats =
      Double(plan.parameterCount) + Double(plan.derivedCount) + Double(engine.weightGradientScratchCount)
    return 4 * floats + Double(MemoryLayout<Double>.stride + 1) * Double(batch)
  }
}
