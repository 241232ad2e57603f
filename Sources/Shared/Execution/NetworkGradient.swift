// The backward pass: from the loss of a batch to the gradient of every parameter.

import Compute
import KernelInterface

/// What a step's batch came to.
public struct BatchResult: Equatable, Sendable {
  /// Σ of the images' cross-entropies, in nats; of the targets that are learned, where they are not the labels alone.
  public var lossSum: Double
  public var correctCount: Int

  public init(lossSum: Double, correctCount: Int) {
    self.lossSum = lossSum
    self.correctCount = correctCount
  }
}

/// What becomes of the gradient of some parameters, given by their places. Called from several threads at once, for
/// parameters that do not overlap.
typealias ParameterUpdate = (_ parameters: Range<Int>, _ gradient: Floats) -> Void

extension Network {
  /// The forward and backward pass of a training batch: the mean loss's gradient is left in the training memory. Where
  /// the loss is no number there is no backward pass. With `update`, the gradient of dense layers' weights is not kept:
  /// it is handed over piece by piece, on any thread, when nothing needs these weights any more. What is left are the
  /// ``NetworkPlan/lateParameters``.
  func computeGradient(
    _ batch: ImageBatch, labels: UnsafeBufferPointer<UInt8>, smoothing: Float,
    soft: SoftTargets? = nil, dropout: DropoutKey, update: ParameterUpdate? = nil
  ) -> BatchResult {
    let memory = trainingMemory
    let logits = forward(batch, dropout: dropout)
    let last = plan.stages.count - 1
    let loss = memory.results.loss
    engine.crossEntropy(
      logits: logits, labels: labels, batch: batch.count, classCount: architecture.classCount,
      smoothing: smoothing, soft: soft, loss: loss, gradient: gradientRows(last, memory))
    let result = self.result(loss, count: batch.count)
    guard result.lossSum.isFinite else { return result }
    for index in (plan.imageStageCount..<plan.stages.count).reversed() {
      backwardDense(index, batch: batch.count, memory: memory)
    }
    computeDenseWeightGradients(batch: batch.count, memory: memory, update)
    backwardImages(batch: batch.count, memory: memory)
    return result
  }

  /// Losses and correct answers of a batch without dropout, as a held-out set is judged.
  func evaluate(
    _ batch: ImageBatch, averaging mirror: MirrorMemory? = nil, labels: UnsafeBufferPointer<UInt8>
  ) -> BatchResult {
    let loss = trainingMemory.results.loss
    engine.crossEntropy(
      logits: forward(batch, averaging: mirror), labels: labels, batch: batch.count,
      classCount: architecture.classCount, smoothing: 0, loss: loss, gradient: nil)
    return result(loss, count: batch.count)
  }

  /// Lays out anew what is derived from convolutions' weights; due whenever the weights change.
  func updateDerivedWeights() {
    for case .convolution(let plan) in self.plan.stages.map(\.core) {
      let weights = parameters[plan.parameters.weights]
      if let transformed = plan.transformed {
        engine.transformWinogradWeights(
          plan.shape, weights: weights, transformed: transformedWeights[transformed])
      }
      guard let training, let derived = plan.derived else { continue }
      if plan.backward == .listed {
        engine.unpackWeights(plan.shape, weights: weights, rows: training.derived[derived])
      } else {
        engine.flipWeights(plan.shape, weights: weights, flipped: training.derived[derived])
      }
    }
  }

  /// The memory of a network made for training.
  var trainingMemory: TrainingMemory {
    guard let training else { preconditionFailure("this network was not made for training") }
    return training
  }

  private func gradientRows(_ index: Int, _ memory: TrainingMemory) -> Rows {
    Rows(memory.outputGradients[index]!.floats, stride: plan.stages[index].output.imageStride)
  }

  /// Summed in the images' order: Double sums of the same terms in the same order are the same for any thread count.
  private func result(_ loss: BatchLoss, count: Int) -> BatchResult {
    BatchResult(
      lossSum: loss.losses[..<count].reduce(0, +),
      correctCount: loss.isCorrect[..<count].reduce(0) { $0 + ($1 ? 1 : 0) })
  }

  private func backwardDense(_ index: Int, batch: Int, memory: TrainingMemory) {
    guard case .dense(let dense) = plan.stages[index].core, plan.stages[index].passesGradient else { return }
    let input = activations.rows(index - 1)
    let inputGradient = gradientRows(index - 1, memory)
    engine.denseInputGradient(
      dense.shape, batch: batch, outputGradient: gradientRows(index, memory),
      weights: parameters[dense.parameters.weights], scratch: memory.transposed.floats,
      inputGradient: inputGradient
    ) { block in
      let first = block.rows.lowerBound * inputGradient.stride + block.columns.lowerBound
      maskGradient(
        index - 1, Rows(inputGradient.floats.from(first), stride: inputGradient.stride),
        result: Rows(input.floats.from(first), stride: input.stride), rowCount: block.rows.count,
        columns: block.columns.count, firstIndex: first)
    }
  }

  private func computeDenseWeightGradients(
    batch: Int, memory: TrainingMemory, _ update: ParameterUpdate?
  ) {
    var places: [Range<Int>] = []
    let layers = plan.stages.enumerated().compactMap { index, stage -> DenseWeightGradient? in
      guard case .dense(let dense) = stage.core else { return nil }
      places.append(dense.parameters.weights)
      return DenseWeightGradient(
        dense.shape, input: activations.rows(index - 1), outputGradient: gradientRows(index, memory),
        weightGradient: update == nil ? memory.gradient[dense.parameters.weights] : nil,
        biasGradient: memory.gradient[dense.parameters.bias], terms: index == 1 ? memory.imageLists : nil)
    }
    engine.denseWeightGradients(layers, batch: batch, scratch: memory.gradientPieces.floats) {
      [places] layer, weights, gradient in
      let start = places[layer].lowerBound
      update?(start + weights.lowerBound..<start + weights.upperBound, gradient)
    }
  }

  /// What a stage's ReLU and dropouts did to its output, done to a part of the gradient of its output.
  func maskGradient(
    _ index: Int, _ gradient: Rows, result: Rows, rowCount: Int, columns: Int, firstIndex: Int
  ) {
    let masks = masks(index)
    if plan.stages[index].rectifies {
      let scale = masks.reduce(1) { $0 * $1.scale }
      engine.rectifyBackward(gradient, result: result, rowCount: rowCount, columns: columns, scale: scale)
    } else {
      for mask in masks {
        engine.drop(gradient, rowCount: rowCount, columns: columns, firstIndex: firstIndex, mask: mask)
      }
    }
  }
}
