// Averages answers over views of an image, and says which models may do so.
//
//     none            the image alone
//     flip            the image and its mirror image
//     shift=PIXELS    the image as it is, moved up and left, and moved down and right by this many pixels
//     flip,shift=1    both: six views
//
// A network trained with mirrored images knows both views, and their mean has fewer errors than either. A network
// trained without them has never seen a mirror image, and averaging costs it several points of accuracy. The same is
// true of moved images.

import Networks
import ByteIO
import TensorStream

/// The views of an image over which an answer is averaged.
public struct Averaging: Equatable, Sendable {
  /// Whether the mirror image of each view is a view, too.
  public var flips: Bool
  /// The number of pixels by which two more views are moved along the diagonal; 0 adds none. Together they weigh as
  /// much as the image. (Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU", has the same six views.)
  public var shift: Int

  public init(flips: Bool = false, shift: Int = 0) {
    precondition(shift >= 0, "views moved by \(shift)")
    self.flips = flips
    self.shift = shift
  }

  /// The image alone.
  public static let none = Averaging()
  /// The image and its mirror image.
  public static let flip = Averaging(flips: true)
}

extension Averaging {
  /// The largest shift of views, in pixels.
  public static let maximumShift = 16

  /// Parses the text form. Returns `nil` for any other text.
  public init?(_ text: String) {
    self = .none
    guard text != "none" else { return }
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    for word in words {
      if word == "flip", !flips {
        flips = true
      } else if word.hasPrefix("shift="), shift == 0, let value = wholeNumber(word.dropFirst(6)),
        (1...Self.maximumShift).contains(value)
      {
        shift = value
      } else {
        return nil
      }
    }
  }

  /// The text form that parses to this averaging.
  public var text: String {
    let words = (flips ? ["flip"] : []) + (shift > 0 ? ["shift=\(shift)"] : [])
    return words.isEmpty ? "none" : words.joined(separator: ",")
  }

  /// A description for people; `nil` for the image alone.
  public var words: String? {
    guard self != .none else { return nil }
    let views = flips ? "an image and its mirror image" : "an image as it is"
    guard shift > 0 else { return "the mean over \(views)" }
    let pixels = shift == 1 ? "a pixel" : "\(shift) pixels"
    return "the mean over \(views)\(flips ? ", each also" : " and") moved by \(pixels) in two directions"
  }

  /// Returns the averaging without views that training with these changes of images does not teach.
  public func limited(flips: Bool, shift: Int) -> Averaging {
    Averaging(flips: self.flips && flips, shift: self.shift <= shift ? self.shift : 0)
  }

  /// The views and their weights, which add up to 1. The image itself comes first.
  package var views: [(change: ImageChange, weight: Float)] {
    var moves: [(pixels: Int, weight: Float)] = [(0, 1)]
    if shift > 0 { moves = [(0, 0.5), (-shift, 0.25), (shift, 0.25)] }
    var views: [(change: ImageChange, weight: Float)] = []
    for isFlipped in flips ? [false, true] : [false] {
      for move in moves {
        var change = ImageChange()
        change.isFlipped = isFlipped
        (change.down, change.right) = (move.pixels, move.pixels)
        views.append((change, flips ? move.weight / 2 : move.weight))
      }
    }
    return views
  }
}

/// Why a model's answers cannot be averaged as requested.
public enum AveragingError: Failure, Equatable {
  /// Averaging over mirror images is requested of a model that has seen none.
  case trainedWithoutFlips(name: String)
  /// Averaging over images moved this far is requested of a model that has seen none.
  case trainedWithoutShift(name: String, shift: Int)
  /// The model's record names an averaging that this version does not know.
  case unknown(name: String, recorded: String)

  public var kind: FailureKind {
    switch self {
    case .trainedWithoutFlips, .trainedWithoutShift: .usage
    case .unknown: .badData
    }
  }

  public var description: String {
    switch self {
    case .trainedWithoutFlips(let name):
      "\(name): the model was trained without mirrored images, and would answer worse if it averaged over them"
    case .trainedWithoutShift(let name, let shift):
      "\(name): the model was trained without images moved by \(counted(shift, "pixel")), and would answer worse if it averaged"
        + " over them"
    case .unknown(let name, let recorded):
      "\(name): the model averages its answers over '\(displayed(recorded))', which this version does not know"
    }
  }
}

extension TrainingRecord {
  /// The keys in ``settings`` on which averaging depends.
  public static let augmentationKey = "augment"
  public static let averagingKey = "average"

  /// Whether training images were mirrored.
  public var usedFlips: Bool {
    settings[Self.augmentationKey]?.split(separator: ",").contains("flip") ?? false
  }

  /// The largest shift of training images, in pixels.
  public var usedShift: Int {
    let words = settings[Self.augmentationKey]?.split(separator: ",") ?? []
    return words.first { $0.hasPrefix("shift=") }.flatMap { Int($0.dropFirst(6)) } ?? 0
  }
}

extension Model {
  /// Returns how to average answers: as `choice` says, or else as the model was judged when it was trained. Throws
  /// ``AveragingError`` if the training contradicts `choice`, unless `force`. `name` identifies the model in messages.
  public func averaging(
    _ choice: Averaging?, name: String, force: Bool = false
  ) throws(AveragingError) -> Averaging {
    guard let choice else {
      guard let recorded = training?.settings[TrainingRecord.averagingKey] else { return .none }
      guard let averaging = Averaging(recorded) else { throw .unknown(name: name, recorded: recorded) }
      return averaging
    }
    guard let training, !force else { return choice }
    if choice.flips, !training.usedFlips { throw .trainedWithoutFlips(name: name) }
    if choice.shift > training.usedShift { throw .trainedWithoutShift(name: name, shift: choice.shift) }
    return choice
  }
}
