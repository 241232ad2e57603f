// The reports of a training run while it lasts, and how it ended.

import Networks

/// Mean cross-entropy (nats) and accuracy (0…1) over some records.
public struct TrainingFigures: Equatable, Sendable {
  /// The mean loss; Σ w l / Σ w if losses l have weights w.
  public var loss: Double
  public var accuracy: Double
  /// The mean recall over the classes that occur among the true ones or the answers; `nil` if it was not computed. A
  /// class's recall is the share of its records that are answered right.
  public var macroRecall: Double?

  public init(loss: Double, accuracy: Double, macroRecall: Double? = nil) {
    self.loss = loss
    self.accuracy = accuracy
    self.macroRecall = macroRecall
  }
}

/// The figures of an epoch.
public struct EpochReport: Equatable, Sendable {
  /// The epoch's number, from 1.
  public var epoch: Int
  /// Steps taken since the run began.
  public var step: Int
  public var learningRate: Double
  /// Running figures of the training batches, with dropout and each before its step.
  public var training: TrainingFigures
  /// Held-out figures at the epoch's end; `nil` if nothing is held out.
  public var validation: TrainingFigures?
  /// Whether the epoch's weights are the best so far.
  public var isBest: Bool
  /// Training images a second.
  public var imagesPerSecond: Double
  /// Seconds that training and judging took.
  public var seconds: Double

  public init(
    epoch: Int, step: Int, learningRate: Double, training: TrainingFigures, validation: TrainingFigures?,
    isBest: Bool,
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

/// Watches a run.
public protocol TrainingObserver: AnyObject {
  /// Called after each step, with the number of records of the epoch that are done, and the batch's mean loss.
  func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double)
  /// Called after an epoch has been judged.
  func didFinishEpoch(_ report: EpochReport)
  /// Read after each step; `true` ends the run with the best weights so far.
  var shouldStop: Bool { get }
  /// Read after each step: whether to call ``keep(_:)`` now, and not only at the end of the epoch.
  var wantsState: Bool { get }
  /// Offers the state from which the run can be resumed: after each epoch, when the run is stopped, and when the
  /// observer wants it. Calling `state` copies all weights and moments. A state with a weight that is not finite is not
  /// offered.
  func keep(_ state: () -> TrainingState)
}

extension TrainingObserver {
  public var wantsState: Bool { false }
  public func keep(_ state: () -> TrainingState) {}
}

/// How a run ended.
public struct TrainingOutcome: Sendable {
  /// The best weights; `nil` if training diverged before an epoch was finished.
  public var parameters: [Parameter]?
  public var best: EpochReport?
  /// The number of epochs begun.
  public var epochsRun: Int
  /// Passes over the training images; less than `epochsRun` if the last epoch was not finished.
  public var passes = 0.0
  public var wasStopped: Bool
  public var ranOutOfPatience: Bool
  public var ranOutOfTime = false
  /// Why the run ended early, if neither the observer nor the settings asked for that.
  public var failure: TrainingError?
  /// The calibration of the best weights, if the settings ask for one.
  public var calibration: Calibration?
}
