// What a training run tells while it goes on, and how it ended.

import Networks

/// Mean cross-entropy (nats) and accuracy (0…1) over some records.
public struct Figures: Equatable, Sendable {
  /// Σ w l / Σ w, where losses have weights.
  public var loss: Double
  public var accuracy: Double
  /// The mean over the classes that occur, among the true ones or the answers, of the share of their records that are answered
  /// right; `nil` where it is not told.
  public var macroRecall: Double?

  public init(loss: Double, accuracy: Double, macroRecall: Double? = nil) {
    self.loss = loss
    self.accuracy = accuracy
    self.macroRecall = macroRecall
  }
}

/// What an epoch came to.
public struct EpochReport: Equatable, Sendable {
  /// From 1.
  public var epoch: Int
  /// Steps taken since the run began.
  public var step: Int
  public var learningRate: Double
  /// Running figures of the training batches, with dropout and before each step.
  public var training: Figures
  /// Held-out figures at the epoch's end; `nil` where nothing is held out.
  public var validation: Figures?
  /// Whether these weights are now the best.
  public var isBest: Bool
  /// Training images a second, and the seconds that training and judging took.
  public var imagesPerSecond: Double
  public var seconds: Double

  public init(
    epoch: Int, step: Int, learningRate: Double, training: Figures, validation: Figures?, isBest: Bool,
    imagesPerSecond: Double, seconds: Double
  ) {
    self.epoch = epoch
    self.step = step
    self.learningRate = learningRate
    self.training = training
    self.validation = validation
    self.isBest = isBest
    self.imagesPerSecond = imagesPerSecond
    self.seconds = seconds
  }
}

/// Who watches a run.
public protocol TrainingObserver: AnyObject {
  /// After each step: how many records of the epoch are done, and the batch's mean loss.
  func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double)
  func didFinishEpoch(_ report: EpochReport)
  /// Asked after each step; `true` ends the run with what is best so far.
  var shouldStop: Bool { get }
  /// Asked after each step: whether ``keep(_:)`` is to be called now, and not only at the next epoch's end.
  var wantsState: Bool { get }
  /// Offers the state from which the run can go on: after each epoch, when the run is stopped, and when it is wanted.
  /// To ask for it costs a copy of all weights and moments. A state with weights that are no numbers is not offered.
  func keep(_ state: () -> TrainingState)
}

extension TrainingObserver {
  public var wantsState: Bool { false }
  public func keep(_ state: () -> TrainingState) {}
}

/// How a run ended.
public struct TrainingOutcome: Sendable {
  /// The best weights; `nil` where training diverged before an epoch was finished.
  public var parameters: [Parameter]?
  public var best: EpochReport?
  /// Epochs begun.
  public var epochsRun: Int
  /// Passes over the training images: less than `epochsRun` where the last one was not finished.
  public var passes = 0.0
  public var wasStopped: Bool
  public var ranOutOfPatience: Bool
  public var ranOutOfTime = false
  /// Why the run ended before its end, where neither the observer nor the settings wanted that.
  public var failure: TrainingError?
  /// What a temperature for the best weights came to, where one was asked for.
  public var calibration: Calibration?
}
