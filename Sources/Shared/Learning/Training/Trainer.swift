// A training run: epochs of steps over shuffled batches, judged on held-out data, the best epoch kept.
// How it is judged is in TrainerJudging.swift, how it is left and taken up again in TrainerState.swift.

import ByteIO
import Networks
import Execution
import Inference
import Compute
import TensorStream

/// Trains one network on one data set.
public final class Trainer {
  public let settings: TrainingSettings
  let training: Dataset
  let validation: Dataset?
  let network: Network
  let optimizer: Optimizer
  let schedule: LearningRateSchedule
  let steps: RunSteps
  private let freezing: FreezingPlan
  let augmented: AugmentedImages?
  let views: ViewMemory?
  /// [classes]: what held-out images count in the loss; `nil`: each the same.
  let judgingWeights: [Float]?
  let teachers: TeacherNetworks?
  private let timeLimit: TimeLimit?
  private let watch = Stopwatch()
  var progress = TrainingProgress()
  /// What the run took before this process.
  var earlierSeconds = 0.0
  var best: EpochReport?
  var bestWeights: KeptWeights?
  /// Once it is, it stays so: what is left of the time is for judging and writing.
  private var isTimeOut = false
  /// Of the latest step.
  var learningRate: Double

  /// For networks that are faster where images with the same background are neighbours.
  private let extents: ImageExtents?
  /// Empty where all images are in memory.
  let loaded = LoadedBlocks()
  /// `nil` where each epoch shows each image once.
  private let balance: BalancedOrder?

  /// Allocates everything a run needs. The data is not empty and fits the architecture; `start` replaces the drawn
  /// first weights, `schedule` the one of the settings. With `peers`, other processes share the run, each with a
  /// trainer for the same settings and data. Throws ``NetworkSizeError``, and ``FileError`` where the images are in a
  /// file.
  public init(
    settings: TrainingSettings, architecture: Architecture, training: Dataset, validation: Dataset?,
    engine: Engine, start: [Parameter]? = nil, schedule: LearningRateSchedule? = nil,
    timeLimit: TimeLimit? = nil, teaching: Teaching? = nil, peers: (any BatchPeers)? = nil
  ) throws {
    precondition(training.count > 0 && settings.batchSize >= 1 && settings.epochs >= 1, "an empty run")
    let classCount = architecture.classCount
    precondition(
      settings.classWeights.map { $0.values.count == classCount } ?? true, "a weight for each class")
    steps = RunSteps(settings, imageCount: training.count)
    let batch = steps.largestBatch
    try Network.checkMemory(
      architecture, batch: batch, forTraining: true, engine: engine, precision: settings.precision,
      remembered: settings.remembered(architecture))
    self.settings = settings
    self.training = training
    self.validation = validation
    self.timeLimit = timeLimit
    network = Network(
      architecture, batchCapacity: batch, forTraining: true, engine: engine,
      precision: settings.precision, scaling: settings.scaling)
    network.importParameters(
      try start ?? settings.firstParameters(for: architecture, images: training))
    network.freezesStatistics = settings.freezesStatistics
    network.peers = peers
    let average = settings.weightAverage.map { [network] in
      AveragedWeights($0, network: network, epochs: settings.epochs)
    }
    let slowWeights = settings.lookahead.map { [network] in SlowWeights($0, network: network) }
    freezing = FreezingPlan(settings.freezing, stepsPerEpoch: steps.scheduleStepsPerEpoch)
    optimizer = Optimizer(
      settings.optimizer, network: network, average: average, slowWeights: slowWeights,
      leadingEnds: freezing.layers.map(network.parameterCount))
    extents =
      network.readsImageDensely ? try ImageExtents(of: training, engine: engine) : nil
    augmented = AugmentedImages(
      settings.augmentation, shape: training.shape, seed: settings.seed, batchCapacity: batch, engine: engine)
    balance =
      settings.sampling == .balanced
      ? BalancedOrder(training.labels, classCount: classCount, seed: settings.seed) : nil
    judgingWeights = validation.flatMap {
      settings.judgingWeights(of: $0.labels, classCount: classCount)
    }
    views = ViewMemory(settings.averaging, architecture, batchCapacity: batch)
    let stride = network.logitStride
    teachers = try teaching.map { teaching throws(NetworkSizeError) in
      try TeacherNetworks(
        teaching, batchCapacity: batch, logitStride: stride, engine: engine, precision: settings.precision)
    }
    self.schedule =
      schedule ?? LearningRateSchedule(settings, stepsPerEpoch: steps.scheduleStepsPerEpoch)
    learningRate = self.schedule.rate(at: 0)
  }

  /// Runs to the end, or until the observer stops it, patience or time is out, or the loss is no longer finite.
  public func run(observer: any TrainingObserver) -> TrainingOutcome {
    var outcome = TrainingOutcome(epochsRun: 0, wasStopped: false, ranOutOfPatience: false)
    do {
      var isStopped = false
      while !isOver, !isStopped { isStopped = try runEpoch(observer: observer) }
      outcome.wasStopped = isStopped && !isOver
      outcome.ranOutOfPatience = isOutOfPatience
      outcome.ranOutOfTime = isTimeOut
      outcome.epochsRun = progress.recordsDone > 0 ? progress.epoch : progress.epoch - 1
    } catch {
      outcome.failure = error
      outcome.epochsRun = progress.epoch - 1
    }
    outcome.passes = Double(progress.epoch - 1) + Double(progress.recordsDone) / Double(training.count)
    outcome.best = best
    outcome.parameters = bestWeights?.exported(by: network)
    do {
      outcome.calibration = try calibration()
    } catch {
      outcome.failure = outcome.failure ?? .unreadable(error)
    }
    return outcome
  }

  private var isOver: Bool { progress.epoch > settings.epochs || isOutOfPatience || isTimeOut }

  private var isOutOfPatience: Bool {
    guard let patience = settings.patience, validation != nil, let best else { return false }
    return progress.epoch - 1 - best.epoch >= patience
  }

  /// Takes the epoch under way to its end, unless it is stopped or time is out, and judges what came of it. Returns
  /// whether the observer stopped the run.
  private func runEpoch(observer: any TrainingObserver) throws(TrainingError) -> Bool {
    let epochWatch = Stopwatch(from: progress.epochSeconds)
    let order = order(ofEpoch: progress.epoch)
    let batch = steps.batch(ofEpoch: progress.epoch)
    var isStopped = false
    while progress.recordsDone < order.count, !isStopped, !noteTime() {
      let start = progress.recordsDone
      let end = min(start + batch, order.count)
      let result = try step(order, start..<end)
      progress.sums += result
      progress.recordsDone = end
      progress.epochSeconds = epochWatch.seconds
      observer.didStep(
        epoch: progress.epoch, recordsDone: end, records: order.count,
        loss: result.loss)
      isStopped = agreed(observer.shouldStop)
      if end < order.count, isStopped || observer.wantsState { offerState(to: observer) }
    }
    let isWhole = progress.recordsDone == order.count
    // A part of an epoch is judged where time is out, because the schedule has come to its end with it, or where there
    // is nothing better to keep.
    guard isWhole || isTimeOut && progress.recordsDone > 0 || best == nil else { return isStopped }
    if isWhole { optimizer.average?.didFinishEpoch(progress.epoch) }
    observer.didFinishEpoch(try judge(order, epochWatch))
    if isWhole { progress.finishEpoch() }
    if isWhole || isTimeOut { offerState(to: observer) }
    return isStopped
  }

  /// The training images that an epoch shows, in their order.
  private func order(ofEpoch epoch: Int) -> EpochOrder {
    let batch = steps.batch(ofEpoch: epoch)
    guard let balance else {
      return EpochOrder(
        training.labels, by: settings.shuffle, epoch: epoch, seed: settings.seed, extents: extents,
        batchSize: batch)
    }
    return EpochOrder(
      balance, training.labels, epoch: epoch, seed: settings.seed, extents: extents, batchSize: batch)
  }

  /// Learns from the images of an epoch at the places `places`.
  private func step(_ order: EpochOrder, _ places: Range<Int>) throws(TrainingError) -> BatchResult {
    let key = DropoutKey(seed: settings.seed, step: UInt64(optimizer.stepsTaken))
    let position = schedulePosition
    freezeLayers(at: position)
    let rates = freezing.rates(schedule, at: position)
    let earlyUpdate = optimizer.updatesEarly && !isShared ? optimizer.update(rates) : nil
    let result = try reading { () throws(FileError) in
      try loaded.prepare(order.shuffled, places, from: training.store)
      return try computeGradient(order, places, key, update: earlyUpdate)
    }
    guard result.lossSum.isFinite else { throw divergence("the loss", step: optimizer.stepsTaken + 1) }
    if let earlyUpdate {
      optimizer.finish(earlyUpdate, network.lateParameters)
    } else {
      optimizer.step(rates)
    }
    learningRate = rates.general
    return result
  }

  /// What `body` reads of images in a file.
  func reading<Result>(_ body: () throws(FileError) -> Result) throws(TrainingError) -> Result {
    do {
      return try body()
    } catch {
      throw .unreadable(error)
    }
  }

  /// Freezes the layers whose time has come; none thaws, should the place in the schedule have been estimated too high.
  private func freezeLayers(at position: Double) {
    let count = freezing.frozenLayers(at: position)
    guard count > network.frozenLayerCount else { return }
    network.freezeLayers(count)
    optimizer.slowWeights?.unite(first: network.parameterCount(ofLayers: count), after: optimizer.stepsTaken)
  }

  func divergence(_ what: String, step: Int) -> TrainingError {
    .diverged(what: what, epoch: progress.epoch, step: step, learningRate: learningRate)
  }
}

// MARK: - Calibration

extension Trainer {
  /// Fits a temperature to what the best weights say of the held-out images, by the views by which these are judged. The
  /// network has its last weights again afterwards.
  private func calibration() throws(FileError) -> Calibration? {
    guard settings.calibrates, let validation, let bestWeights, isFirst else { return nil }
    let last = KeptWeights(of: network)
    last.take(from: network)
    bestWeights.restore(to: network)
    defer { last.restore(to: network) }
    return Calibration(
      try HeldOutAnswers(of: network, averaging: views, on: validation), engine: network.engine)
  }
}

// MARK: - Time

extension Trainer {
  /// Seconds that the run has taken.
  var seconds: Double { earlierSeconds + (timeLimit?.elapsed() ?? watch.seconds) }

  /// Where in the schedule the next step is: as far as the images shown, or further on where time passes faster.
  private var schedulePosition: Double {
    max(
      steps.schedulePosition(ofStep: optimizer.stepsTaken),
      min(1, shareOfTimeUsed) * Double(schedule.stepCount))
  }

  private var shareOfTimeUsed: Double {
    guard let timeLimit else { return 0 }
    return agreed(shareUsed(of: timeLimit))
  }

  private func shareUsed(of timeLimit: TimeLimit) -> Double {
    var judging = progress.judgingSeconds
    if judging == 0, progress.recordsDone > 0, let validation {
      // Not measured yet. A forward pass is a third of a step, and half of one is on the safe side; each view takes one.
      let share = 0.5 * Double(views?.viewCount ?? 1)
      judging = share * progress.epochSeconds / Double(progress.recordsDone) * Double(validation.count)
    }
    return timeLimit.shareUsed(seconds, judging: judging)
  }

  /// Looks at the clock, and returns whether time is out. Without a step there is no model, so that one is always taken.
  private func noteTime() -> Bool {
    if optimizer.stepsTaken > 0, shareOfTimeUsed >= 1 { isTimeOut = true }
    return isTimeOut
  }
}
