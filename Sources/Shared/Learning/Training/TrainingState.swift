// What a run must remember to go on later as if it had never stopped. What a file makes of it is ModelFiles' business.
//
// There are no generators of random numbers among it: first weights, shuffles, rounds of a class and dropout masks are each
// drawn from the seed together with the layer, epoch, round or step that they are for, so that the position says all. Whatever else is
// random in training has to keep to that.

import Networks
import Execution

/// How far a run has come.
public struct TrainingProgress: Equatable, Sendable {
  /// The epoch under way, from 1; one more than the run's epochs when all are done.
  public var epoch: Int
  /// Training images of this epoch that were learned from: whole batches, and fewer than there are.
  public var recordsDone: Int
  /// Σ of their losses and of their weights, and their correct answers, for the epoch's report.
  public var sums: BatchResult
  /// Seconds that the epoch has taken, and the run as a whole.
  public var epochSeconds: Double
  public var seconds: Double
  /// The longest that judging the held-out images has taken, in seconds; 0 before the first time.
  public var judgingSeconds: Double

  /// The beginning, if nothing else is said.
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

  /// Goes on to the next epoch.
  mutating func finishEpoch() {
    epoch += 1
    recordsDone = 0
    sums = .nothing
    epochSeconds = 0
  }
}

/// What an optimiser remembers from step to step.
public struct OptimizerState: Equatable, Sendable {
  /// One average over past gradients, a value for each of the network's.
  public struct Moment: Equatable, Sendable {
    /// PyTorch's name for it: `exp_avg` and `exp_avg_sq` of Adam, `momentum_buffer` of gradient descent.
    public var name: String
    /// By the names and in the layouts of the network's parameters.
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
  /// `nil` as long as no epoch is finished.
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
