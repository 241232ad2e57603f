// A training run: epochs of steps over shuffled batches, judged on held-out data, the best epoch kept.

import Compute
import RandomNumbers
import TensorStream

/// Trains one network on one data set.
public final class Trainer {
  public let settings: TrainingSettings
  private let training: Dataset
  private let validation: Dataset?
  private let network: Network
  private let optimizer: Optimizer
  private let schedule: LearningRateSchedule
  private let augmented: AugmentedImages?
  private var bestParameters: [Float]?
  private var best: EpochReport?

  /// Allocates everything a run needs. The data is not empty and fits the architecture; `start` replaces the drawn
  /// first weights. Throws ``TrainingError/tooLarge(byteCount:)``.
  public init(
    settings: TrainingSettings, architecture: Architecture, training: Dataset, validation: Dataset?,
    engine: Engine, start: [Parameter]? = nil
  ) throws(TrainingError) {
    precondition(training.count > 0 && settings.batchSize >= 1 && settings.epochs >= 1, "an empty run")
    let batch = min(settings.batchSize, training.count)
    try NetworkPlan.checkMemory(
      architecture, batch: batch, workers: engine.workers.count, forTraining: true)
    self.settings = settings
    self.training = training
    self.validation = validation
    network = Network(architecture, batchCapacity: batch, forTraining: true, engine: engine)
    network.importParameters(
      start ?? settings.initialization.parameters(for: architecture, seed: settings.seed))
    optimizer = Optimizer(settings.optimizer, network: network)
    augmented = AugmentedImages(
      settings.augmentation, shape: training.shape, seed: settings.seed, batchCapacity: batch, engine: engine)
    let stepsPerEpoch = (training.count + batch - 1) / batch
    schedule = LearningRateSchedule(
      shape: settings.schedule, peak: settings.learningRate, stepCount: stepsPerEpoch * settings.epochs,
      warmUpSteps: settings.warmUp.map {
        // No longer than the run, and so no more than an Int holds.
        Int((min($0, Double(settings.epochs)) * Double(stepsPerEpoch)).rounded())
      })
  }

  /// Runs to the end, or until the observer stops it, patience is out, or the loss is no longer finite.
  public func run(observer: any TrainingObserver) -> TrainingOutcome {
    var outcome = TrainingOutcome(epochsRun: 0, wasStopped: false, ranOutOfPatience: false)
    for epoch in 1...settings.epochs {
      do {
        let finished = try runEpoch(epoch, observer: observer)
        outcome.epochsRun = epoch
        outcome.wasStopped = !finished
      } catch {
        outcome.divergence = error
      }
      if outcome.divergence != nil || outcome.wasStopped { break }
      outcome.ranOutOfPatience = isOutOfPatience(after: epoch)
      if outcome.ranOutOfPatience { break }
    }
    outcome.best = best
    if let bestParameters {
      _ = network.parameters.floats.update(fromContentsOf: bestParameters)
      outcome.parameters = network.exportParameters()
    }
    return outcome
  }

  private func isOutOfPatience(after epoch: Int) -> Bool {
    guard let patience = settings.patience, validation != nil, let best else { return false }
    return epoch - best.epoch >= patience
  }

  /// Returns whether the epoch went to its end; a stopped one is judged only where there is nothing better to keep.
  private func runEpoch(_ epoch: Int, observer: any TrainingObserver) throws(TrainingError) -> Bool {
    let clock = ContinuousClock()
    let start = clock.now
    var order = Array(0..<training.count)
    var random = SplitMix64(seed: settings.seed, Self.shuffleTag, UInt64(epoch))
    random.shuffle(&order)
    let labels = order.map { training.labels[$0] }
    var sums = BatchResult(lossSum: 0, correctCount: 0)
    var done = 0
    var isStopped = false
    while done < order.count, !isStopped {
      let end = min(done + network.batchCapacity, order.count)
      let result = try step(order[done..<end], labels[done..<end], epoch: epoch)
      sums.lossSum += result.lossSum
      sums.correctCount += result.correctCount
      observer.didStep(
        epoch: epoch, recordsDone: end, records: order.count, loss: result.lossSum / Double(end - done))
      done = end
      isStopped = observer.shouldStop
    }
    let trainingTime = clock.now - start
    let isWhole = done == order.count
    guard isWhole || best == nil else { return false }
    guard network.isFinite else {
      throw divergence("a weight", epoch: epoch, step: optimizer.stepsTaken)
    }
    let heldOut = validation.map(network.figures)
    // Weights that are finite and far too large: no epoch is kept for such a figure. A step's own loss is that before
    // it, so that where nothing is held out, the last step is judged by its images once more.
    let last = (done - 1) / network.batchCapacity * network.batchCapacity
    guard (heldOut?.loss ?? network.loss(of: training, order[last..<done], labels[last..<done])).isFinite
    else {
      throw divergence(
        heldOut == nil ? "the loss" : "the held-out loss", epoch: epoch, step: optimizer.stepsTaken)
    }
    let figures = Figures(
      loss: sums.lossSum / Double(done), accuracy: Double(sums.correctCount) / Double(done))
    let report = EpochReport(
      epoch: epoch, step: optimizer.stepsTaken, learningRate: schedule.rate(at: optimizer.stepsTaken - 1),
      training: figures, validation: heldOut, isBest: false,
      imagesPerSecond: Double(done) / trainingTime.seconds, seconds: (clock.now - start).seconds)
    observer.didFinishEpoch(keepIfBest(report))
    return isWhole && !isStopped
  }

  /// Keeps this stream of random numbers apart from those of first weights and dropout.
  private static let shuffleTag: UInt64 = 3

  private func step(
    _ indexes: ArraySlice<Int>, _ labels: ArraySlice<UInt8>, epoch: Int
  ) throws(TrainingError) -> BatchResult {
    let key = DropoutKey(seed: settings.seed, step: UInt64(optimizer.stepsTaken))
    let rate = schedule.rate(at: optimizer.stepsTaken)
    let result = training.images.withUnsafeBufferPointer { images in
      indexes.withUnsafeBufferPointer { indexes in
        labels.withUnsafeBufferPointer { labels in
          let batch = ImageBatch(bytes: images, indexes: indexes, count: indexes.count)
          return network.computeGradient(
            augmented?.batch(batch, epoch: epoch) ?? batch, labels: labels,
            smoothing: Float(settings.labelSmoothing), dropout: key)
        }
      }
    }
    guard result.lossSum.isFinite else {
      throw divergence("the loss", epoch: epoch, step: optimizer.stepsTaken + 1)
    }
    optimizer.step(learningRate: rate)
    return result
  }

  private func divergence(_ what: String, epoch: Int, step: Int) -> TrainingError {
    .diverged(
      what: what, epoch: epoch, step: step, learningRate: schedule.rate(at: max(0, optimizer.stepsTaken - 1)))
  }

  private func keepIfBest(_ report: EpochReport) -> EpochReport {
    var report = report
    report.isBest = isBetter(report)
    if report.isBest {
      best = report
      bestParameters = Array(network.parameters.floats)
    }
    return report
  }

  /// Without held-out data the last epoch is the best there is.
  private func isBetter(_ report: EpochReport) -> Bool {
    guard let new = report.validation, let old = best?.validation else { return true }
    return switch settings.monitor {
    case .loss: new.loss < old.loss
    case .accuracy: new.accuracy > old.accuracy || (new.accuracy == old.accuracy && new.loss < old.loss)
    }
  }
}

extension Duration {
  /// As a Double, in seconds.
  fileprivate var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
