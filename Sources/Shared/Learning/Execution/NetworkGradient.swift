// The backward pass: from the loss of a batch to the gradient of every parameter.

import Compute
import KernelInterface
import Networks

/// What a step's batch came to.
public struct BatchResult: Equatable, BitwiseCopyable, Sendable {
  /// Σ of the images' cross-entropies, in nats, each times the image's weight; of the targets that are learned, where they
  /// are not the labels alone.
  public var lossSum: Double
  /// Σ of the images' weights: their number, where each counts 1.
  public var weightSum: Double
  public var correctCount: Int

  public init(lossSum: Double, weightSum: Double, correctCount: Int) {
    self.lossSum = lossSum
    self.weightSum = weightSum
    self.correctCount = correctCount
  }

  /// That of no images.
  public static let nothing = BatchResult(lossSum: 0, weightSum: 0, correctCount: 0)

  /// The mean loss, Σ w l / Σ w.
  public var loss: Double { lossSum / weightSum }

  public static func += (sum: inout BatchResult, result: BatchResult) {
    sum.lossSum += result.lossSum
    sum.weightSum += result.weightSum
    sum.correctCount += result.correctCount
  }
}

/// What becomes of the gradient of some parameters, given by their places. Called from several threads at once, for
/// parameters that do not overlap.
package typealias ParameterUpdate = (_ parameters: Range<Int>, _ gradient: Floats) -> Void

extension Network {
  /// The gradient of every parameter, laid out like the parameters.
  package var gradient: FloatBuffer { trainingMemory.gradient }

  /// All parameters by kinds, in the order of their places.
  package var parameterParts: [ParameterPart] { plan.parts }

  /// The places of all parameters that learn, but the weights of dense layers.
  package var lateParameters: [Range<Int>] {
    plan.lateParameters.map { $0.clamped(to: learningParameters) }.filter { !$0.isEmpty }
  }

  /// The forward and backward pass of a training batch: the mean loss's gradient is left in ``gradient``. Where the loss is
  /// no number there is no backward pass. With `update`, the gradient of dense layers' weights is not kept: it is handed
  /// over piece by piece, on any thread, when nothing needs these weights any more. What is left are the
  /// ``lateParameters``. `weights`, [batch], are what each image's loss counts in the mean.
  ///
  /// With a share, images, labels and what belongs to them are those of this process, `weightSum` is the sum of the whole
  /// batch's weights, and the result and the gradient are the whole batch's. The gradient is kept then: there is no `update`.
  package func computeGradient(
    _ batch: ImageBatch, labels: UnsafeBufferPointer<UInt8>, smoothing: Float, weights: [Float]? = nil,
    mixture: LabelMixture? = nil, soft: SoftTargets? = nil, dropout: DropoutKey, share: BatchShare? = nil,
    weightSum: Double? = nil, update: ParameterUpdate? = nil
  ) -> BatchResult {
    let logits = forward(batch, share: share, dropout: dropout)
    let sum = engine.crossEntropy(
      logits: logits, labels: labels, batch: batch.count, classCount: architecture.classCount,
      smoothing: smoothing, weights: weights, weightSum: weightSum, mixture: mixture, soft: soft,
      loss: trainingMemory.results.from(self.share.own.lowerBound),
      gradient: ownGradientRows(plan.logits))
    let loss = trainingMemory.results.loss
    self.share.gather(loss.losses)
    self.share.gather(loss.isCorrect)
    let result = self.result(loss, weightSum ?? sum, count: self.share.count)
    guard result.lossSum.isFinite else { return result }
    backward(batch: self.share.count, update)
    for late in lateParameters { self.share.broadcastFromLast(gradient[late]) }
    return result
  }

  /// Which images of a batch are this process's.
  package func share(ofBatch count: Int) -> BatchShare {
    peers.map { BatchShare(chunks: plan.chunks(ofBatch: count), peers: $0) } ?? BatchShare(count: count)
  }

  /// Losses and correct answers of a batch from its logits, as a held-out set is judged.
  package func judge(
    _ logits: Rows, labels: UnsafeBufferPointer<UInt8>, weights: [Float]? = nil, batch: Int
  ) -> BatchResult {
    let loss = trainingMemory.results.loss
    let weightSum = engine.crossEntropy(
      logits: logits, labels: labels, batch: batch, classCount: architecture.classCount, smoothing: 0,
      weights: weights, loss: loss, gradient: nil)
    return result(loss, weightSum, count: batch)
  }

  /// Whether the answer to each image of the latest batch was right.
  package var areCorrect: UnsafeBufferPointer<Bool> {
    UnsafeBufferPointer(trainingMemory.results.loss.isCorrect)
  }

  /// The memory of a network made for training.
  var trainingMemory: TrainingMemory {
    guard let training else { preconditionFailure("this network was not made for training") }
    return training
  }

  /// Summed in the images' order: Double sums of the same terms in the same order are the same for any thread count.
  private func result(_ loss: BatchLoss, _ weightSum: Double, count: Int) -> BatchResult {
    BatchResult(
      lossSum: loss.losses[..<count].reduce(0, +),
      weightSum: weightSum,
      correctCount: loss.isCorrect[..<count].reduce(0) { $0 + ($1 ? 1 : 0) })
  }

  /// From the logits to the first layer that learns.
  private func backward(batch: Int, _ update: ParameterUpdate?) {
    var dense: [DenseStep] = []
    for segment in plan.segments.reversed() {
      switch segment {
      case .dense(let step):
        guard learns(step.output) else { continue }
        if !share.own.isEmpty { step.backward(batch: batch, self) }
        dense.insert(step, at: 0)
      case .batch(let step):
        guard learns(step.output) else { continue }
        computeWeightGradients(&dense, batch: batch, update)
        step.backward(batch: batch, self)
      case .images(let steps):
        computeWeightGradients(&dense, batch: batch, update)
        backward(steps, batch: batch)
      }
    }
    computeWeightGradients(&dense, batch: batch, update)
  }

  /// Those of dense layers in a row, in one loop.
  private func computeWeightGradients(_ steps: inout [DenseStep], batch: Int, _ update: ParameterUpdate?) {
    guard !steps.isEmpty else { return }
    for step in steps { step.gatherImages(self) }
    let places = steps.map(\.slices.weights.lowerBound)
    engine.denseWeightGradients(
      steps.map { $0.weightGradient(self, keepsGradient: update == nil) }, batch: batch,
      scratch: trainingMemory.gradientPieces.floats
    ) { layer, weights, gradient in
      update?(places[layer] + weights.lowerBound..<places[layer] + weights.upperBound, gradient)
    }
    for step in steps { step.gatherGradients(self) }
    steps = []
  }

  /// A batch is cut into chunks that depend on its size only; each sums up its own images in their order, and the chunks'
  /// sums are added in theirs.
  private func backward(_ all: [any ImageStep], batch: Int) {
    let steps = all.filter { $0.goesBackward(self) }
    guard !steps.isEmpty else { return }
    // What layers that learn read may be the result of one that does not.
    let recomputed = all.filter { $0.output?.isRecomputed == true }
    let chunks = plan.chunks(ofBatch: batch)
    let own = share.numbers(ofChunks: chunks)
    engine.workers.forEach(own.count) { task, worker in
      let chunk = own.lowerBound + task
      for step in steps { step.beginChunk(chunk, self) }
      let positions = chunks[chunk]
      for position in positions {
        let place = ImagePlace(
          position: position, chunk: chunk, worker: worker, number: position - positions.lowerBound,
          chunkSize: positions.count)
        for step in recomputed { step.forward(place, self) }
        for step in steps.reversed() { step.backward(place, self) }
      }
    }
    for step in steps.reversed() { step.finishBackward(batch: batch, chunks: own, self) }
  }
}
