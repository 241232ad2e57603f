// What a training run tells while it goes on, and how it ended.

/// Mean cross-entropy (nats) and accuracy (0…1) over some records.
public struct Figures: Equatable, Sendable {
  public var loss: Double
  public var accuracy: Double
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
}

/// Who watches a run.
public protocol TrainingObserver: AnyObject {
  /// After each step: how many records of the epoch are done, and the batch's mean loss.
  func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double)
  func didFinishEpoch(_ report: EpochReport)
  /// Asked after each step; `true` ends the run with what is best so far.
  var shouldStop: Bool { get }
}

/// How a run ended.
public struct TrainingOutcome: Sendable {
  /// The best weights; `nil` where training diverged before an epoch was finished.
  public var parameters: [Parameter]?
  public var best: EpochReport?
  public var epochsRun: Int
  public var wasStopped: Bool
  public var ranOutOfPatience: Bool
  public var divergence: TrainingError?
}
