// Mixup and CutMix: which two training images become one, and how. The loss combines both labels
// (Kernels/SoftmaxCrossEntropyLoops.swift).
//
// As with other changes, the draws for an image follow from the seed, its number and how many times it has been shown.
// Its partner depends on the batch, too. Partners are drawn and not taken by their positions, because batches for a
// dense first layer are sorted (Execution/ImageExtents.swift), so that neighbours are alike.

import Inference
import RandomNumbers
import TensorStream

/// How an image is mixed with its partner.
enum ImageMixture: Equatable {
  /// Mixup (Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization"): the weighted mean of both. `weight` is the
  /// image's own, in 65536ths, so that pixels and labels have exactly the same share.
  case blend(weight: Int)
  /// CutMix (Yun et al. 2019, "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features"):
  /// the partner's pixels in a rectangle. The rectangle has the proportions of the image and a drawn share of its area,
  /// before the image's edges clip it.
  case paste(PixelRectangle)

  /// Draws the mixture of an image. `time` is how many times the image has been shown, this time included; `index` is
  /// its number among the training images. If both kinds are asked for, a coin toss decides.
  init(_ augmentation: Augmentation, shape: ImageShape, seed: UInt64, time: Int, index: Int) {
    var random = SplitMix64(seed: seed, Self.mixtureTag, UInt64(time), UInt64(index))
    let pastes = random.next() >> 63 == 1
    if augmentation.mixup == 0 || augmentation.cutmix > 0 && pastes {
      let side = (1 - random.beta(augmentation.cutmix)).squareRoot()
      self = .paste(
        PixelRectangle(
          height: Int(Double(shape.height) * side), width: Int(Double(shape.width) * side), in: shape,
          from: &random))
    } else {
      self = .blend(weight: Int((random.beta(augmentation.mixup) * 65536).rounded()))
    }
  }

  /// Returns the position of each image's partner in a batch of `count` images. The first image has the number `first`
  /// and has been shown `time` times. The positions are a random permutation, as in the papers' code: each image is a
  /// partner once, possibly its own.
  ///
  /// - Complexity: O(count).
  static func partners(seed: UInt64, time: Int, first: Int, count: Int) -> [Int] {
    var partners = Array(0..<count)
    var random = SplitMix64(seed: seed, partnerTag, UInt64(time), UInt64(first))
    random.shuffle(&partners)
    return partners
  }

  /// These tags keep the streams of random numbers apart from those of first weights, dropout, shuffles and other
  /// changes.
  private static let mixtureTag: UInt64 = 6
  private static let partnerTag: UInt64 = 7

  /// Returns the image's own share of the mixture, 0...1, which is also its label's share.
  func share(of shape: ImageShape) -> Float {
    switch self {
    case .blend(let weight): Float(weight) / 65536
    case .paste(let part): 1 - Float(part.height * part.width) / Float(shape.height * shape.width)
    }
  }

  /// Writes the mixture of an image and its partner, [height, width, channels]. `target` must be neither of them.
  ///
  /// - Complexity: O(bytes of an image).
  func write(
    _ image: UnsafePointer<UInt8>, _ partner: UnsafePointer<UInt8>, _ shape: ImageShape,
    to target: UnsafeMutablePointer<UInt8>
  ) {
    switch self {
    case .blend(let weight):
      let (own, other) = (UInt32(weight), UInt32(65536 - weight))
      for place in 0..<shape.byteCount {
        target[place] = UInt8((UInt32(image[place]) &* own &+ UInt32(partner[place]) &* other &+ 32768) >> 16)
      }
    case .paste(let part):
      target.update(from: image, count: shape.byteCount)
      for y in part.top..<part.top + part.height {
        let start = (y * shape.width + part.left) * shape.channels
        (target + start).update(from: partner + start, count: part.width * shape.channels)
      }
    }
  }
}
