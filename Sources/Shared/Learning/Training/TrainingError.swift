// The errors that end a training run early.

import ByteIO

/// Why training ended early.
public enum TrainingError: Failure, Equatable {
  /// The loss or a weight is no longer finite; `what` says which.
  case diverged(what: String, epoch: Int, step: Int, learningRate: Double)
  /// Images could not be read again.
  case unreadable(FileError)

  public var kind: FailureKind {
    switch self {
    case .diverged: .badData
    case .unreadable(let failure): failure.kind
    }
  }

  public var description: String {
    switch self {
    case .diverged(let what, let epoch, let step, let learningRate):
      "training diverged: \(what) is not finite at step \(step) (epoch \(epoch), learning rate \(learningRate))"
    case .unreadable(let failure): failure.description
    }
  }
}
