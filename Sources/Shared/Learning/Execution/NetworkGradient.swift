// The backward pass: from the loss of a batch to the gradient of every parameter.

import Compute
import KernelInterface
import Networks

/// The losses and correct answers of a batch, summed over its images.
public struct BatchResult: Equatable, BitwiseCopyable, Sendable {
  /// The sum of the images' cross-entropies, in nats, each times the image's weight. The targets are those that are
  /// learned, which can be more than the labels.
  public var lossSum: Double
  /// The sum of the images' weights: their number, if each counts 1.
  public var weightSum: Double
  public var correctCount: Int

  public init(lossSum: Double, weightSum: Double, correctCount: Int) {
    self.lossSum = lossSum
    self.weightSum = weightSum
    self.correctCount = correctCount
  }

  /// The result of no images.
  public static let nothing = BatchResult(lossSum: 0, weightSum: 0, correctCount: 0)

  /// The mean loss, Σ w l / Σ w.
  public var loss: Double { lossSum / weightSum }

  public static func += (sum: inout BatchResult, result: BatchResult) {
    sum.lossSum += result.lossSum
    sum.weightSum += result.weightSum
    sum.correctCount += result.correctCount
  }
}

/// Handles the gradient of some parameters, given by their places. It is called from several threads at the same time,
/// for parameters that do not overlap.
package typealias ParameterUpdate = (_ parameters: Range<Int>, _ gradient: Floats) -> Void

extension Network {
  /// The gradient of every parameter, laid out like the parameters.
  package var gradient: FloatBuffer { trainingMemory.gradient }

  /// All learned parameters by kind, in the order of their places.
  package var parameterParts: [ParameterPart] { plan.parts }

  /// The places of all parameters that learn, except the weights of dense layers.
  package var lateParameters: [Range<Int>] {
    plan.lateParameters.map { $0.clamped(to: learningParameters) }.filter { !$0.isEmpty }
  }

  /// Runs the forward and backward pass of a training batch, and leaves the gradient of the mean loss in ``gradient``.
  /// If the loss is not finite, there is no backward pass. With `update`, the gradient of dense layers' weights is not
  /// kept: it is handed over piece by piece, on any thread, as soon as nothing needs these weights any more. Only the
  /// ``lateParameters`` then have their gradient in ``gradient``. `weights`, [batch], are the weights of the images'
  /// losses in the mean.
  ///
  /// With a share, images, labels and everything else for each image are those of this process, `weightSum` is the sum
  /// of the whole batch's weights, and the result and the gradient are those of the whole batch. The gradient must then
  /// be kept: there is no `update`.
  ///
  /// - Complexity: About three times that of a forward pass, which is one product of each layer; the backward pass is
  ///   two.
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

  /// Returns the division of a batch of `count` images among the processes.
  package func share(ofBatch count: Int) -> BatchShare {
    peers.map { BatchShare(chunks: plan.chunks(ofBatch: count), peers: $0) } ?? BatchShare(count: count)
  }

  /// Returns the losses and correct answers of a batch from its logits, as a held-out set is judged: without smoothing.
  ///
  /// - Complexity: O(batch · classes).
  package func judge(
    _ logits: Rows, labels: UnsafeBufferPointer<UInt8>, weights: [Float]? = nil, batch: Int
  ) -> BatchResult {
    let loss = trainingMemory.results.loss
    let weightSum = engine.crossEntropy(
      logits: logits, labels: labels, batch: batch, classCount: architecture.classCount, smoothing: 0,
      weights: weights, loss: loss, gradient: nil)
    return result(loss, weightSum, count: batch)
  }

  /// For each image of the latest batch, whether the answer was right.
  package var areCorrect: UnsafeBufferPointer<Bool> {
    UnsafeBufferPointer(trainingMemory.results.loss.isCorrect)
  }

  /// The memory of a network made for training.
  var trainingMemory: TrainingMemory {
    guard let training else { preconditionFailure("this network was not made for training") }
    return training
  }

  /// Sums up the figures in the images' order. Double sums of the same terms in the same order are the same for any
  /// number of threads.
  private func result(_ loss: BatchLoss, _ weightSum: Double, count: Int) -> BatchResult {
    BatchResult(
      lossSum: loss.losses[..<count].reduce(0, +),
      weightSum: weightSum,
      correctCount: loss.isCorrect[..<count].reduce(0) { $0 + ($1 ? 1 : 0) })
  }

  /// Runs the backward pass from the logits to the first layer that learns.
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

  /// Computes the weight gradients of consecutive dense layers in one loop.
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

  /// Runs the backward pass of a segment. The batch is cut into chunks that depend only on its size. Each chunk sums up
  /// its images in their order, and the chunks' sums are added in the order of the chunks.
  private func backward(_ all: [any ImageStep], batch: Int) {
    let steps = all.filter { $0.goesBackward(self) }
    guard !steps.isEmpty else { return }
    // Layers that learn may read the result of a layer that does not.
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
