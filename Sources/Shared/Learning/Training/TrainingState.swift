// The state that lets a run continue later as if it had never stopped. ModelFiles stores it in a file.
//
// The state has no generators of random numbers. First weights, shuffles, rounds of a class and dropout masks are each
// drawn from the seed and from the layer, epoch, round or step that they are for, so the position determines them all.
// Any other randomness in training must follow the same rule.

import Networks
import Execution

/// How far a run has come.
public struct TrainingProgress: Equatable, Sendable {
  /// The current epoch, from 1; one more than the run's epochs when all are done.
  public var epoch: Int
  /// The number of training images of this epoch that were learned from: whole batches, but fewer than all.
  public var recordsDone: Int
  /// The sums of their losses and weights and the number of correct answers, for the epoch's report.
  public var sums: BatchResult
  /// Seconds that the epoch has taken.
  public var epochSeconds: Double
  /// Seconds that the whole run has taken.
  public var seconds: Double
  /// The longest time that judging the held-out images has taken, in seconds; 0 before the first time.
  public var judgingSeconds: Double

  /// By default, the beginning of a run.
  public init(
    epoch: Int = 1, recordsDone: Int = 0, sums: BatchResult = .nothing,
    epochSeconds: Double = 0, seconds: Double = 0, judgingSeconds: Double = 0
  ) {
    self.epoch = epoch
    self.recordsDone = recordsDone
    self.sums = sums
    self.epochSeconds = epochSeconds
    self.seconds = seconds
    self.judgingSeconds = judgingSeconds
  }

  /// Moves on to the next epoch.
  mutating func finishEpoch() {
    epoch += 1
    recordsDone = 0
    sums = .nothing
    epochSeconds = 0
  }
}

/// The state that an optimiser keeps from step to step.
public struct OptimizerState: Equatable, Sendable {
  /// One value for each of the network's learned parameters, such as an average over past gradients.
  public struct Moment: Equatable, Sendable {
    /// Its name. Averages have PyTorch's: `exp_avg` and `exp_avg_sq` of Adam, `momentum_buffer` of gradient descent.
    public var name: String
    /// The values, with the names and in the layouts of the network's parameters.
    public var values: [Parameter]

    public init(name: String, values: [Parameter]) {
      self.name = name
      self.values = values
    }
  }
  public var stepsTaken: Int
  public var moments: [Moment]

  public init(stepsTaken: Int, moments: [Moment]) {
    self.stepsTaken = stepsTaken
    self.moments = moments
  }
}

/// The best epoch so far, and its weights.
public struct BestEpoch: Equatable, Sendable {
  public var report: EpochReport
  public var parameters: [Parameter]

  public init(report: EpochReport, parameters: [Parameter]) {
    self.report = report
    self.parameters = parameters
  }
}

/// A run between two steps.
public struct TrainingState: Equatable, Sendable {
  public var progress: TrainingProgress
  /// The weights as the last step left them.
  public var parameters: [Parameter]
  public var optimizer: OptimizerState
  /// The best epoch so far; `nil` until an epoch is finished.
  public var best: BestEpoch?

  public init(
    progress: TrainingProgress, parameters: [Parameter], optimizer: OptimizerState, best: BestEpoch?
  ) {
    self.progress = progress
    self.parameters = parameters
    self.optimizer = optimizer
    self.best = best
  }
}
