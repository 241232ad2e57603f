// What is done to training images so that none is seen twice alike: mirrored, moved, turned, scaled, made lighter or darker,
// partly erased, mixed in pairs.
//
// What happens to an image follows from the seed, the image's number and which time it is shown, but for the other image of
// a mixture, which the order of the batch decides (ImageMixture.swift). Where each epoch shows each image once, that is the
// epoch's number. No generator is carried from step to step, so that a run that goes on anywhere sees the images that an
// uninterrupted one sees.

import Inference
import RandomNumbers
import TensorStream

/// Which changes are made to training images; held-out images are never changed.
public struct Augmentation: Equatable, Sendable {
  /// Whether images are mirrored left to right, by *alternating* flip (Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a
  /// single GPU", §3.6): a random half in the first epoch, and from then on each image every other epoch. Of any two
  /// epochs in a row one shows the image and one its mirror image, where a coin for each would show one of them twice
  /// half of the time.
  public var flips: Bool
  /// Images are moved by −shift to shift pixels, down and right, each as likely.
  public var shift: Int
  /// Images are turned around their middle by −rotation to rotation degrees, each angle as likely; 0: they are not.
  public var rotation: Double
  /// Their sides are multiplied by 1 − scaling / 100 to 1 + scaling / 100, each factor as likely; in per cent.
  public var scaling: Double
  /// What comes in at the edges of an image that is moved, turned or made smaller.
  public var edge: ImageEdge
  /// Factors are drawn from 1 − brightness to 1 + brightness, and 1 − contrast to 1 + contrast. See ``ToneChange``.
  public var brightness: Double
  public var contrast: Double
  /// `nil`: nothing is erased.
  public var erasing: RandomErasing?
  /// A square of so many pixels becomes 0, around a pixel that is drawn evenly, as far as it is in the image (DeVries &
  /// Taylor 2017, "Improved Regularization of Convolutional Neural Networks with Cutout"); 0: none.
  public var cutout: Int
  /// The parameters of the beta distributions that the share of an image is drawn from when it is mixed with another; 0:
  /// it is not. See ``ImageMixture``.
  public var mixup: Double
  public var cutmix: Double

  public init(
    flips: Bool = false, shift: Int = 0, rotation: Double = 0, scaling: Double = 0, edge: ImageEdge = .zero,
    brightness: Double = 0, contrast: Double = 0, erasing: RandomErasing? = nil,
    cutout: Int = 0, mixup: Double = 0, cutmix: Double = 0
  ) {
    precondition(shift >= 0 && cutout >= 0, "a shift by \(shift), a cutout of \(cutout)")
    precondition(mixup >= 0 && cutmix >= 0, "mixup of \(mixup), cutmix of \(cutmix)")
    precondition(0..<100 ~= scaling, "sides that change by \(scaling) %")
    self.flips = flips
    self.shift = shift
    self.rotation = rotation
    self.scaling = scaling
    self.edge = edge
    self.brightness = brightness
    self.contrast = contrast
    self.erasing = erasing
    self.cutout = cutout
    self.mixup = mixup
    self.cutmix = cutmix
  }

  /// Images stay as they are.
  public static let none = Augmentation()

  /// Whether images are mixed in pairs.
  public var mixes: Bool { mixup > 0 || cutmix > 0 }

  /// Whether images are moved, turned or scaled, so that something comes in at their edges.
  public var movesEdges: Bool { shift > 0 || rotation > 0 || scaling > 0 }

  /// Whether images change in brightness or contrast.
  var changesTones: Bool { brightness > 0 || contrast > 0 }

  /// Larger shifts and squares than this would be a mistake for any image.
  static let maximumShift = 4095
}

/// A rectangle of an image becomes noise (Zhong et al. 2020, "Random Erasing Data Augmentation").
public struct RandomErasing: Equatable, Sendable {
  public typealias Fill = ErasureFill

  /// The probability that an image loses a rectangle.
  public var probability: Double
  public var fill: Fill

  public init(probability: Double, fill: Fill = .random) {
    precondition(probability > 0 && probability <= 1, "erasing with a probability of \(probability)")
    self.probability = probability
    self.fill = fill
  }

  /// The rectangle's share of the image, and its height divided by its width: the paper's, drawn evenly.
  static let areas = 0.02...0.4
  static let aspects = 0.3...(1 / 0.3)
  /// Rectangles that reach beyond the image are drawn anew, so often; then nothing is erased. Of a square image one in
  /// thirty does so, of a long and narrow one it may be all.
  static let attempts = 100
}

extension ImageChange {
  /// `time`: which one it is that the image is shown, from 1; `index`: the image's number among the training images.
  init(_ augmentation: Augmentation, shape: ImageShape, seed: UInt64, time: Int, index: Int) {
    self.init()
    if augmentation.flips {
      var coin = SplitMix64(seed: seed, Self.flipTag, UInt64(index))
      isFlipped = (coin.next() >> 63 == 1) != (time % 2 == 0)
    }
    edge = augmentation.edge
    drawTransform(augmentation, seed: seed, time: time, index: index)
    guard augmentation.shift > 0 || augmentation.erasing != nil || augmentation.cutout > 0 else { return }
    var random = SplitMix64(seed: seed, Self.changeTag, UInt64(time), UInt64(index))
    if augmentation.shift > 0 {
      down = random.next(below: 2 * augmentation.shift + 1) - augmentation.shift
      right = random.next(below: 2 * augmentation.shift + 1) - augmentation.shift
    }
    if let erasing = augmentation.erasing, random.uniform() < erasing.probability {
      erased = PixelRectangle(in: shape, from: &random)
      fill = erasing.fill
    }
    if augmentation.cutout > 0 {
      let side = augmentation.cutout
      cutOut = PixelRectangle(height: side, width: side, in: shape, from: &random)
    }
    noise = random
  }

  /// Draws the angle, the size and the tones, all of them whatever is asked for, so that no word changes another's draws.
  private mutating func drawTransform(_ augmentation: Augmentation, seed: UInt64, time: Int, index: Int) {
    guard augmentation.rotation > 0 || augmentation.scaling > 0 || augmentation.changesTones else { return }
    var random = SplitMix64(seed: seed, Self.transformTag, UInt64(time), UInt64(index))
    turn = random.uniform(around: 0, by: augmentation.rotation) * .pi / 180
    size = random.uniform(around: 1, by: augmentation.scaling / 100)
    let brightness = random.uniform(around: 1, by: augmentation.brightness)
    let contrast = random.uniform(around: 1, by: augmentation.contrast)
    if augmentation.changesTones { tones = ToneChange(brightness: brightness, contrast: contrast) }
  }

  /// Keep these streams apart from those of first weights, dropout and shuffles.
  private static let flipTag: UInt64 = 4
  private static let changeTag: UInt64 = 5
  private static let transformTag: UInt64 = 9
}

extension PixelRectangle {
  /// A rectangle around a pixel that is drawn evenly, without the part beyond the image's edges.
  init(height: Int, width: Int, in shape: ImageShape, from random: inout SplitMix64) {
    let top = random.next(below: shape.height) - height / 2
    let left = random.next(below: shape.width) - width / 2
    let (bottom, right) = (min(top + height, shape.height), min(left + width, shape.width))
    self.init(top: max(top, 0), left: max(left, 0), height: bottom - max(top, 0), width: right - max(left, 0))
  }

  /// `nil` where no rectangle fits the image.
  init?(in shape: ImageShape, from random: inout SplitMix64) {
    for _ in 0..<RandomErasing.attempts {
      let area = random.uniform(in: RandomErasing.areas) * Double(shape.height * shape.width)
      let aspect = random.uniform(in: RandomErasing.aspects)
      let height = max(1, Int((area * aspect).squareRoot().rounded()))
      let width = max(1, Int((area / aspect).squareRoot().rounded()))
      guard height <= shape.height, width <= shape.width else { continue }
      self.init(
        top: random.next(below: shape.height - height + 1), left: random.next(below: shape.width - width + 1),
        height: height, width: width)
      return
    }
    return nil
  }
}

extension SplitMix64 {
  fileprivate mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  fileprivate mutating func uniform(around middle: Double, by distance: Double) -> Double {
    uniform(in: middle - distance...middle + distance)
  }
}
