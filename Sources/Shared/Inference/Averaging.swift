// Answers averaged over an image and its mirror image, and which models that is for.
//
// A network that was trained with mirrored images knows both, and errs less on both together. One that was not has never
// seen such an image: averaged, it loses several points of accuracy.

import Networks
import ByteIO
import TensorStream

/// Which views of an image an answer is the mean of.
public enum Averaging: String, CaseIterable, Sendable {
  /// The image alone.
  case none
  /// The image and its mirror image.
  case flip
}

/// Why a model's answers are not averaged as wanted.
public enum AveragingError: Failure, Equatable {
  /// Averaging over mirror images is asked of a model that has seen none.
  case trainedWithoutFlips(name: String)
  /// The model's record names what is not known here.
  case unknown(name: String, recorded: String)

  public var kind: FailureKind {
    switch self {
    case .trainedWithoutFlips: .usage
    case .unknown: .badData
    }
  }

  public var description: String {
    switch self {
    case .trainedWithoutFlips(let name):
      "--average flip: \(name) was trained without mirrored images, and would answer worse, not better;"
        + " leave it out, train with --augment flip, or --force it"
    case .unknown(let name, let recorded):
      "\(name): its answers are to be averaged by '\(displayed(recorded))', which this version does not know;"
        + " choose with --average none or --average flip"
    }
  }
}

extension TrainingRecord {
  /// The names under which ``settings`` keeps what averaging depends on.
  public static let augmentationKey = "augment"
  public static let averagingKey = "average"

  /// Whether training images were mirrored.
  public var usedFlips: Bool {
    settings[Self.augmentationKey]?.split(separator: ",").contains("flip") ?? false
  }
}

extension Model {
  /// How answers are to be averaged: as `choice` says, else as the model was judged when it was trained. Throws
  /// ``AveragingError``; `name` is the model's, for messages.
  public func averaging(
    _ choice: Averaging?, name: String, force: Bool = false
  ) throws(AveragingError) -> Averaging {
    switch choice {
    case .none?: return .none
    case .flip?:
      if let training, !training.usedFlips, !force { throw .trainedWithoutFlips(name: name) }
      return .flip
    case nil:
      guard let recorded = training?.settings[TrainingRecord.averagingKey] else { return .none }
      guard let averaging = Averaging(rawValue: recorded) else {
        throw .unknown(name: name, recorded: recorded)
      }
      return averaging
    }
  }
}
