// Which two training images become one, and how: mixup and CutMix. How the labels of both are learned is in the loss
// (Kernels/SoftmaxCrossEntropy.swift).
//
// What is drawn for an image follows from the seed, its number and which time it is shown, as with other changes. Partners follow from the
// batch too. They are drawn, and not taken by place, because batches for a dense first layer are sorted
// (Execution/ImageExtents.swift): neighbours in them are alike.

import Inference
import RandomNumbers
import TensorStream

/// What becomes of an image and its partner.
enum ImageMixture: Equatable {
  /// Mixup (Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization"): the mean of both, with a weight of the image's
  /// own in 65536ths, so that pixels and labels have just the same share.
  case blend(weight: Int)
  /// CutMix (Yun et al. 2019, "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features"): the
  /// partner's pixels in a rectangle. It has the proportions of the image and a drawn share of its area, before the image's
  /// edges cut it off.
  case patch(PixelRectangle)

  /// `time`: which one it is that the image is shown, from 1; `index`: the image's number among the training images. Where
  /// both are asked for, a coin decides.
  init(_ augmentation: Augmentation, shape: ImageShape, seed: UInt64, time: Int, index: Int) {
    var random = SplitMix64(seed: seed, Self.mixtureTag, UInt64(time), UInt64(index))
    let isPatch = random.next() >> 63 == 1
    if augmentation.mixup == 0 || augmentation.cutmix > 0 && isPatch {
      let side = (1 - random.beta(augmentation.cutmix)).squareRoot()
      self = .patch(
        PixelRectangle(
          height: Int(Double(shape.height) * side), width: Int(Double(shape.width) * side), in: shape,
          from: &random))
    } else {
      self = .blend(weight: Int((random.beta(augmentation.mixup) * 65536).rounded()))
    }
  }

  /// The place of each image's partner in a batch of `count` images, where the first image has the number `first` and is shown
  /// for the time `time`. The places
  /// are a random permutation, as in the papers' code: each image is a partner once, and may be its own.
  static func partners(seed: UInt64, time: Int, first: Int, count: Int) -> [Int] {
    var partners = Array(0..<count)
    var random = SplitMix64(seed: seed, partnerTag, UInt64(time), UInt64(first))
    random.shuffle(&partners)
    return partners
  }

  /// These keep streams of random numbers apart from those of first weights, dropout, shuffles and other changes.
  private static let mixtureTag: UInt64 = 6
  private static let partnerTag: UInt64 = 7

  /// The image's own share, 0...1, which is its label's.
  func share(of shape: ImageShape) -> Float {
    switch self {
    case .blend(let weight): Float(weight) / 65536
    case .patch(let patch): 1 - Float(patch.height * patch.width) / Float(shape.height * shape.width)
    }
  }

  /// Writes the mixture of an image and its partner, [height, width, channels]; `target` is neither.
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
    case .patch(let patch):
      target.update(from: image, count: shape.byteCount)
      for y in patch.top..<patch.top + patch.height {
        let start = (y * shape.width + patch.left) * shape.channels
        (target + start).update(from: partner + start, count: patch.width * shape.channels)
      }
    }
  }
}
