// Augmentation changes training images so that none is seen twice in the same form: they are mirrored, moved, turned,
// scaled, made lighter or darker, partly erased, or mixed in pairs.
//
// The changes of an image follow from the seed, the image's number and how many times it has been shown. Only its
// partner in a mixture depends on the order of the batch as well (ImageMixture.swift). If each epoch shows each image
// once, the number of times is the epoch's number. No generator carries its state from step to step, so a resumed run
// sees the same images as an uninterrupted one.

import Inference
import RandomNumbers
import TensorStream

/// The changes made to training images. Held-out images are never changed.
public struct Augmentation: Equatable, Sendable {
  /// Whether images are mirrored left to right, by *alternating* flip (Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on
  /// a single GPU", §3.6): a random half in the first epoch, and from then on each image every other epoch. Of any two
  /// consecutive epochs, one shows the image and the other its mirror image. A coin toss for each epoch would show the
  /// same one twice half of the time.
  public var flips: Bool
  /// The largest shift, in pixels. Images move by −shift to shift pixels down and right, each number equally likely.
  public var shift: Int
  /// The largest angle, in degrees. Images are turned around their middle by −rotation to rotation degrees, drawn
  /// uniformly. 0 turns none.
  public var rotation: Double
  /// The largest change of size, in per cent. The sides of an image are multiplied by one factor, drawn uniformly from
  /// 1 − scaling / 100 to 1 + scaling / 100.
  public var scaling: Double
  /// What fills the edges of an image that is moved, turned or made smaller.
  public var edge: ImageEdge
  /// The brightness factor is drawn uniformly from 1 − brightness to 1 + brightness. See ``ToneChange``.
  public var brightness: Double
  /// The contrast factor is drawn uniformly from 1 − contrast to 1 + contrast.
  public var contrast: Double
  /// The erasing of random rectangles; `nil` erases nothing.
  public var erasing: RandomErasing?
  /// The side of a square whose pixels become 0, in pixels; 0 cuts out none. The square's middle is drawn uniformly
  /// from the image's pixels, and the image's edges clip it (DeVries & Taylor 2017, "Improved Regularization of
  /// Convolutional Neural Networks with Cutout").
  public var cutout: Int
  /// Both parameters of the beta distribution from which mixup draws an image's share; 0 turns mixup off. See
  /// ``ImageMixture``.
  public var mixup: Double
  /// Both parameters of the beta distribution from which CutMix draws an image's share; 0 turns CutMix off. See
  /// ``ImageMixture``.
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

  /// No augmentation: images stay as they are.
  public static let none = Augmentation()

  /// Whether images are mixed in pairs.
  var mixes: Bool { mixup > 0 || cutmix > 0 }

  /// Whether images are moved, turned or scaled, so that something must fill their edges.
  var movesEdges: Bool { shift > 0 || rotation > 0 || scaling > 0 }

  /// Whether images change in brightness or contrast.
  var changesTones: Bool { brightness > 0 || contrast > 0 }

  /// The limit for shifts and the sides of cutout squares, in pixels. Anything larger would be a mistake for any image.
  static let maximumShift = 4095
}

/// Random erasing fills a rectangle of an image with noise or with one value (Zhong et al. 2020, "Random Erasing Data
/// Augmentation").
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

  /// The rectangle's share of the image's area, drawn uniformly; the paper's range.
  static let areas = 0.02...0.4
  /// The rectangle's height divided by its width, drawn uniformly; the paper's range.
  static let aspects = 0.3...(1 / 0.3)
  /// A rectangle that does not fit in the image is drawn again, up to this many times; then nothing is erased. In a
  /// square image, one in thirty does not fit. In a long, narrow image, perhaps none fits.
  static let attempts = 100
}

extension ImageChange {
  /// Draws the changes of an image. `time` is how many times the image has been shown, this time included; `index` is
  /// its number among the training images.
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

  /// Draws the angle, the size and the tones. All are drawn whatever is asked for, so that no option changes another's
  /// draws.
  private mutating func drawTransform(_ augmentation: Augmentation, seed: UInt64, time: Int, index: Int) {
    guard augmentation.rotation > 0 || augmentation.scaling > 0 || augmentation.changesTones else { return }
    var random = SplitMix64(seed: seed, Self.transformTag, UInt64(time), UInt64(index))
    turn = random.uniform(around: 0, by: augmentation.rotation) * .pi / 180
    size = random.uniform(around: 1, by: augmentation.scaling / 100)
    let brightness = random.uniform(around: 1, by: augmentation.brightness)
    let contrast = random.uniform(around: 1, by: augmentation.contrast)
    if augmentation.changesTones { tones = ToneChange(brightness: brightness, contrast: contrast) }
  }

  /// These tags keep the streams of random numbers apart from those of first weights, dropout and shuffles.
  private static let flipTag: UInt64 = 4
  private static let changeTag: UInt64 = 5
  private static let transformTag: UInt64 = 9
}

extension PixelRectangle {
  /// A rectangle around a uniformly drawn pixel, clipped by the image's edges.
  init(height: Int, width: Int, in shape: ImageShape, from random: inout SplitMix64) {
    let top = random.next(below: shape.height) - height / 2
    let left = random.next(below: shape.width) - width / 2
    let (bottom, right) = (min(top + height, shape.height), min(left + width, shape.width))
    self.init(top: max(top, 0), left: max(left, 0), height: bottom - max(top, 0), width: right - max(left, 0))
  }

  /// Draws a rectangle for random erasing. Returns `nil` if none of the attempts fits in the image.
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
