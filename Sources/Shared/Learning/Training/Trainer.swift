// A training run: epochs of steps over shuffled batches, judged on held-out data. The best epoch is kept.
// TrainerJudging.swift judges an epoch, TrainerState.swift saves and restores a run, and RunTime.swift measures its
// time.

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
  /// The weights of held-out images in the loss, [classes]; `nil` if all count the same.
  let judgingWeights: [Float]?
  let teachers: TeacherNetworks?
  let timeLimit: TimeLimit?
  let watch = Stopwatch()
  var progress = TrainingProgress()
  /// Seconds of wall time that earlier processes spent on this run.
  var earlierSeconds = 0.0
  var best: EpochReport?
  var bestWeights: KeptWeights?
  /// Whether the time for training is up. It then stays so: the remaining time is for judging and writing.
  var isTimeOut = false
  /// The learning rate of the latest step.
  var learningRate: Double

  /// The extents of the images, for networks that are faster if images with the same background are neighbours;
  /// otherwise `nil`.
  private let extents: ImageExtents?
  /// The blocks of images read from a file; empty if all images are in memory.
  let loaded = LoadedBlocks()
  /// Draws epochs with balanced classes; `nil` if each epoch shows each image once.
  private let balance: BalancedOrder?

  /// Allocates everything that a run needs. The data must not be empty and must fit the architecture. `start` replaces
  /// the drawn first weights, and `schedule` replaces that of the settings. With `peers`, other processes share the
  /// run, each with a trainer for the same settings and data. Throws ``NetworkSizeError``, and ``FileError`` if the
  /// images are in a file and cannot be read.
  ///
  /// - Complexity: O(memory of the network) and, for first layers that read images densely or whiten patches, a pass
  ///   over the images.
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
    let memory = teaching.flatMap {
      TeacherMemory(
        settings.augmentation, imageCount: training.count, classCount: classCount, byteLimit: $0.memoryLimit)
    }
    try Network.checkMemory(
      architecture, batch: batch, forTraining: true, engine: engine, precision: settings.precision,
      remembered: settings.remembered(architecture, answers: memory?.floatCount ?? 0))
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
        teaching, batchCapacity: batch, logitStride: stride, memory: memory, engine: engine,
        precision: settings.precision)
    }
    self.schedule =
      schedule ?? LearningRateSchedule(settings, stepsPerEpoch: steps.scheduleStepsPerEpoch)
    learningRate = self.schedule.rate(at: 0)
  }

  /// Runs to the end, or until the observer stops it, patience or time runs out, or the loss is no longer finite.
  ///
  /// - Complexity: A forward and a backward pass for each image and epoch, and for each held-out image, epoch and view
  ///   a forward pass.
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

  /// Continues the current epoch to its end, unless it is stopped or time is up, and judges the result. Returns whether
  /// the observer stopped the run.
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
    // A part of an epoch is judged if time is up, because its schedule has then come to its end, too, or if there is
    // nothing better to keep.
    guard isWhole || isTimeOut && progress.recordsDone > 0 || best == nil else { return isStopped }
    if isWhole { optimizer.average?.didFinishEpoch(progress.epoch) }
    observer.didFinishEpoch(try judge(order, epochWatch))
    if isWhole { progress.finishEpoch() }
    if isWhole || isTimeOut { offerState(to: observer) }
    return isStopped
  }

  /// Returns the training images that an epoch shows, in order.
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

  /// Learns from an epoch's images at the positions `places`.
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

  /// Runs `body`, which may read images from a file, and turns a ``FileError`` into a ``TrainingError``.
  func reading<Result>(_ body: () throws(FileError) -> Result) throws(TrainingError) -> Result {
    do {
      return try body()
    } catch {
      throw .unreadable(error)
    }
  }

  /// Freezes the layers whose epoch has come. A frozen layer never thaws, even if the position in the schedule was
  /// overestimated.
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
  /// Fits a temperature to the best weights' answers for the held-out images, over the views with which these are
  /// judged. Restores the network's last weights afterwards.
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
