// Judges an epoch: its figures on held-out images, and whether its weights are the best so far.

import ByteIO
import Execution
import Inference

extension Trainer {
  /// Judges the weights, their average or the slow weights, keeps them if they are the best so far, and returns their
  /// figures.
  func judge(_ order: EpochOrder, _ epochWatch: Stopwatch) throws(TrainingError) -> EpochReport {
    func judgeThoseInPlace() throws(TrainingError) -> EpochReport {
      keepIfBest(try judgedReport(order, epochWatch))
    }
    if let average = optimizer.average, average.isDue(epoch: progress.epoch) {
      return try average.inPlace(
        { () throws(TrainingError) in try estimateStatistics(order) }, judgeThoseInPlace)
    }
    if let slowWeights = optimizer.slowWeights, slowWeights.haveMoved(by: optimizer.stepsTaken) {
      return try slowWeights.inPlace(judgeThoseInPlace)
    }
    return try judgeThoseInPlace()
  }

  /// The number of images from which the statistics of averaged weights are estimated: enough for means within a
  /// hundredth of a standard deviation, and a fraction of an epoch.
  private static let statisticsImages = 10_000

  /// Estimates statistics for the weights in place, from the first images of an epoch as the epoch showed them.
  private func estimateStatistics(_ order: EpochOrder) throws(TrainingError) {
    guard network.hasStatistics, !settings.freezesStatistics else { return }
    let batch = steps.batch(ofEpoch: progress.epoch)
    let batches = max(1, min(order.count, Self.statisticsImages) / batch)
    for number in 0..<batches {
      let places = number * batch..<min((number + 1) * batch, order.count)
      try reading { () throws(FileError) in
        try training.store.withBatch(order.indexes[places]) { plain in
          network.estimateStatistics(
            augmented?.batch(plain, at: order.times(places)) ?? plain, number: number)
        }
      }
    }
  }

  /// Returns the figures of the current epoch, which shows the images of `order`.
  private func judgedReport(
    _ order: EpochOrder, _ epochWatch: Stopwatch
  ) throws(TrainingError) -> EpochReport {
    guard network.isFinite else { throw divergence("a weight", step: optimizer.stepsTaken) }
    let judgingWatch = Stopwatch()
    let heldOut = try validation.map { data throws(TrainingError) in
      try reading { () throws(FileError) in
        try network.figures(
          of: data, averaging: views, weights: judgingWeights, byClass: settings.tellsMacroRecall)
      }
    }
    if heldOut != nil { progress.judgingSeconds = max(progress.judgingSeconds, judgingWatch.seconds) }
    // Weights may be finite and still far too large, so an epoch whose loss is not finite is not kept. A step's own
    // loss dates from before the step. If nothing is held out, the last batch is therefore judged once more.
    let (done, batch) = (progress.recordsDone, steps.batch(ofEpoch: progress.epoch))
    let last = (done - 1) / batch * batch
    let loss =
      if let heldOut {
        heldOut.loss
      } else {
        try reading { () throws(FileError) in
          try network.loss(of: training, order.indexes[last..<done], order.labels[last..<done])
        }
      }
    guard loss.isFinite else {
      throw divergence(heldOut == nil ? "the loss" : "the held-out loss", step: optimizer.stepsTaken)
    }
    return EpochReport(
      epoch: progress.epoch, step: optimizer.stepsTaken, learningRate: learningRate,
      training: TrainingFigures(
        loss: progress.sums.loss, accuracy: Double(progress.sums.correctCount) / Double(done)),
      validation: heldOut, isBest: false, imagesPerSecond: Double(done) / progress.epochSeconds,
      seconds: epochWatch.seconds)
  }

  private func keepIfBest(_ report: EpochReport) -> EpochReport {
    var report = report
    report.isBest = isBetter(report)
    if report.isBest {
      best = report
      let kept = bestWeights ?? KeptWeights(of: network)
      kept.take(from: network)
      bestWeights = kept
    }
    return report
  }

  /// Whether an epoch is the best so far. Without held-out data, the last one always is.
  private func isBetter(_ report: EpochReport) -> Bool {
    guard let new = report.validation, let old = best?.validation else { return true }
    let isLossLess = new.loss < old.loss
    func isAbove(_ new: Double, _ old: Double) -> Bool { new > old || new == old && isLossLess }
    return switch settings.monitor {
    case .loss: isLossLess
    case .accuracy: isAbove(new.accuracy, old.accuracy)
    case .macroRecall: isAbove(new.macroRecall ?? 0, old.macroRecall ?? 0)
    }
  }
}
