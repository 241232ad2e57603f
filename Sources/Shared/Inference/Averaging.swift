// Answers averaged over an image and its mirror image, and which models that is for.
//
// A network that was trained with mirrored images knows both, and errs less on both together. One that was not has never
// seen such an image: averaged, it loses several points of accuracy.

import Networks
import Execution
import ByteIO
import Compute
import KernelInterface
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

/// What averaging over mirror images needs: room for a batch of them, and for the first logits.
final class MirrorMemory {
  private let images: ChangedImages
  /// [batch, classes], without gaps.
  private var logits: [Float]

  /// `nil` where the image alone is asked.
  init?(_ averaging: Averaging, _ architecture: Architecture, batchCapacity: Int) {
    guard averaging == .flip else { return nil }
    images = ChangedImages(architecture.input, capacity: batchCapacity)
    logits = Array(repeating: 0, count: batchCapacity * architecture.classCount)
  }

  /// The mirror images of a batch. Valid until the next call.
  fileprivate func mirror(_ batch: ImageBatch, on engine: Engine) -> ImageBatch {
    images.batch(batch, on: engine) { _ in .mirrored }
  }

  fileprivate func keep(_ rows: Rows, batch: Int, classCount: Int) {
    for row in 0..<batch {
      for column in 0..<classCount {
        logits[row * classCount + column] = rows.floats[row * rows.stride + column]
      }
    }
  }

  /// Replaces logits by the mean of them and those kept. Which came first does not matter: a sum of two is exact in that.
  fileprivate func average(_ rows: Rows, batch: Int, classCount: Int) {
    for row in 0..<batch {
      for column in 0..<classCount {
        let place = row * rows.stride + column
        // Each halved first: the sum of two large logits may be infinite where their mean is not.
        rows.floats[place] = 0.5 * rows.floats[place] + 0.5 * logits[row * classCount + column]
      }
    }
  }
}

extension Network {
  /// The logits of a batch, the mean over the images and their mirror images where `mirror` is given.
  func forward(_ batch: ImageBatch, averaging mirror: MirrorMemory?) -> Rows {
    guard let mirror else { return forward(batch) }
    let classCount = architecture.classCount
    mirror.keep(forward(batch), batch: batch.count, classCount: classCount)
    let logits = forward(mirror.mirror(batch, on: engine))
    mirror.average(logits, batch: batch.count, classCount: classCount)
    return logits
  }
}
