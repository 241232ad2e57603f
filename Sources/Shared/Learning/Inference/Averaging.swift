// Answers averaged over views of an image, and which models that is for.
//
//     none            the image alone
//     flip            the image and its mirror image
//     shift=PIXELS    the image, and moved up and left, and down and right, by so many pixels
//     flip,shift=1    both: six views
//
// A network that was trained with mirrored images knows both, and errs less on both together. One that was not has never
// seen such an image: averaged, it loses several points of accuracy. It is alike with images that are moved.

import Networks
import ByteIO
import TensorStream

/// Which views of an image an answer is the mean of.
public struct Averaging: Equatable, Sendable {
  /// Whether the mirror image of each view is one, too.
  public var flips: Bool
  /// Two more views are moved by so many pixels, along the diagonal; 0: none. Together they weigh as much as the image.
  /// (Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU", has the same six views.)
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
  /// Views are not moved further than this.
  public static let maximumShift = 16

  /// Reads the text form; `nil` where it is none.
  public init?(_ text: String) {
    self = .none
    guard text != "none" else { return }
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    for word in words {
      if word == "flip", !flips {
        flips = true
      } else if word.hasPrefix("shift="), shift == 0, let value = Self.digits(word.dropFirst(6)),
        (1...Self.maximumShift).contains(value)
      {
        shift = value
      } else {
        return nil
      }
    }
  }

  /// Digits only: no signs.
  private static func digits(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? Int(text) : nil
  }

  /// The text that gives it again.
  public var text: String {
    let words = (flips ? ["flip"] : []) + (shift > 0 ? ["shift=\(shift)"] : [])
    return words.isEmpty ? "none" : words.joined(separator: ",")
  }

  /// What it is, in words; `nil` for the image alone.
  public var words: String? {
    guard self != .none else { return nil }
    let views = flips ? "an image and its mirror image" : "an image"
    guard shift > 0 else { return "the mean over \(views)" }
    let pixels = shift == 1 ? "a pixel" : "\(shift) pixels"
    return "the mean over \(views), \(flips ? "each" : "it") also moved by \(pixels) two ways"
  }

  /// Without what a training with these changes of images does not bear.
  public func limited(flips: Bool, shift: Int) -> Averaging {
    Averaging(flips: self.flips && flips, shift: self.shift <= shift ? self.shift : 0)
  }

  /// The views and their weights, which add up to 1; the image is the first.
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

/// Why a model's answers are not averaged as wanted.
public enum AveragingError: Failure, Equatable {
  /// Averaging over mirror images is asked of a model that has seen none.
  case trainedWithoutFlips(name: String)
  /// Averaging over images moved so far is asked of a model that has seen none.
  case trainedWithoutShift(name: String, shift: Int)
  /// The model's record names what is not known here.
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
      "--average flip: \(name) was trained without mirrored images, and would answer worse, not better;"
        + " leave it out, train with --augment flip, or --force it"
    case .trainedWithoutShift(let name, let shift):
      "--average shift=\(shift): \(name) was trained without images moved so far, and would answer worse, not better;"
        + " leave it out, train with --augment shift=\(shift), or --force it"
    case .unknown(let name, let recorded):
      "\(name): its answers are to be averaged by '\(displayed(recorded))', which this version does not know;"
        + " choose with --average none, flip or shift=1"
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

  /// By how many pixels training images were moved, at most.
  public var usedShift: Int {
    let words = settings[Self.augmentationKey]?.split(separator: ",") ?? []
    return words.first { $0.hasPrefix("shift=") }.flatMap { Int($0.dropFirst(6)) } ?? 0
  }
}

extension Model {
  /// How answers are to be averaged: as `choice` says, else as the model was judged when it was trained. Throws
  /// ``AveragingError``; `name` is the model's, for messages.
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
