// The text form of augmentation: changes separated by commas, in any order.
//
//     flip            mirror images left to right, every other epoch
//     shift=PIXELS    move by up to this many pixels along both axes
//     rotate=DEGREES  turn by at most this angle, either way
//     scale=PERCENT   enlarge or shrink by at most this percentage
//     edge=zero|reflect  fill the edges with 0, the default, or with the image's own pixels, mirrored at its edge
//     brightness=SHARE  multiply by a factor from 1 − SHARE to 1 + SHARE
//     contrast=SHARE  stretch around the image's mean by a factor from 1 − SHARE to 1 + SHARE
//     cutout=PIXELS   set a square of this many pixels a side to 0
//     mixup=ALPHA     average two images and their labels with weights from the beta distribution of ALPHA
//     cutmix=ALPHA    paste in a part of another image and mix the labels, by areas from the beta distribution of ALPHA
//     erase=P         erase a rectangle of an image with this probability
//     fill=random|N   fill erased rectangles with random bytes, the default, or with the byte N
//     none            change nothing

import ByteIO
import Inference
import TensorStream

/// Why a text does not describe an augmentation.
public enum AugmentationError: Failure, Equatable {
  case empty
  case unknown(word: String)
  case malformed(word: String, expected: String)
  case twice(word: String)
  case fillWithoutErase
  case edgeWithoutMovement
  case noneWithOthers
  case shiftTooLarge(shift: Int, shape: ImageShape)
  case cutoutTooLarge(size: Int, shape: ImageShape)

  public var kind: FailureKind { .usage }

  public var description: String {
    switch self {
    case .empty: "expected changes separated by commas, such as flip,shift=2, or none"
    case .unknown(let word):
      "'\(displayed(word))' is unknown; expected flip, shift=PIXELS, rotate=DEGREES, scale=PERCENT, edge=zero|reflect,"
        + " brightness=SHARE, contrast=SHARE, erase=PROBABILITY, fill=random|BYTE, cutout=PIXELS, mixup=ALPHA,"
        + " cutmix=ALPHA or none"
    case .malformed(let word, let expected): "'\(displayed(word))': expected \(expected)"
    case .twice(let word): "\(word) is given twice"
    case .fillWithoutErase: "fill has no effect without erase=PROBABILITY; add that, or leave out fill"
    case .edgeWithoutMovement:
      "edge has no effect without shift, rotate or scale; add one of them, or leave out edge"
    case .noneWithOthers: "none cannot be combined with other changes"
    case .shiftTooLarge(let shift, let shape):
      "shift=\(shift) could move images of \(shape.text) out of sight;"
        + " expected less than \(min(shape.height, shape.width))"
    case .cutoutTooLarge(let size, let shape):
      "cutout=\(size) could cover all of an image of \(shape.text);"
        + " expected less than \(min(shape.height, shape.width))"
    }
  }
}

extension Augmentation {
  /// Parses the text form. Throws an ``AugmentationError`` that names the offending word.
  public init(parsing text: String) throws(AugmentationError) {
    self = .none
    guard !text.isEmpty else { throw .empty }
    let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    var fill: RandomErasing.Fill?
    var edge: ImageEdge?
    var seen: Set<String> = []
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let value = parts.count == 2 ? parts[1] : nil
      let name = parts.first ?? ""
      switch (name, value) {
      case ("flip", nil): flips = true
      case ("none", nil):
        guard words.count == 1 else { throw .noneWithOthers }
      case ("shift", let value): shift = try Self.pixels(value, word, of: "shift")
      case ("rotate", let value): rotation = try Self.amount(value, word, "rotate=DEGREES", upTo: 180)
      case ("scale", let value): scaling = try Self.amount(value, word, "scale=PERCENT", upTo: 50)
      case ("brightness", let value): brightness = try Self.amount(value, word, "brightness=SHARE", upTo: 1)
      case ("contrast", let value): contrast = try Self.amount(value, word, "contrast=SHARE", upTo: 1)
      case ("edge", let value): edge = try Self.imageEdge(value, word)
      case ("cutout", let value): cutout = try Self.pixels(value, word, of: "cutout")
      case ("mixup", let value): mixup = try Self.alpha(value, word, of: "mixup")
      case ("cutmix", let value): cutmix = try Self.alpha(value, word, of: "cutmix")
      case ("erase", let value):
        erasing = try RandomErasing(probability: Self.amount(value, word, "erase=PROBABILITY", upTo: 1))
      case ("fill", let value): fill = try Self.fill(value, word)
      default: throw .unknown(word: word)
      }
      guard seen.insert(name).inserted else { throw .twice(word: name) }
    }
    if let fill {
      guard erasing != nil else { throw .fillWithoutErase }
      erasing?.fill = fill
    }
    if let edge {
      guard movesEdges else { throw .edgeWithoutMovement }
      self.edge = edge
    }
  }

  private static func pixels(
    _ text: String?, _ word: String, of name: String
  ) throws(AugmentationError) -> Int {
    guard let text, let value = wholeNumber(text), (1...maximumShift).contains(value) else {
      throw .malformed(word: word, expected: "\(name)=PIXELS, 1 to \(maximumShift)")
    }
    return value
  }

  private static func imageEdge(_ text: String?, _ word: String) throws(AugmentationError) -> ImageEdge {
    guard let text, let edge = ImageEdge(rawValue: text) else {
      throw .malformed(word: word, expected: "edge=zero or edge=reflect")
    }
    return edge
  }

  private static func amount(
    _ text: String?, _ word: String, _ form: String, upTo limit: Int
  ) throws(AugmentationError) -> Double {
    guard let text, let value = Double(text), value > 0, value <= Double(limit) else {
      throw .malformed(word: word, expected: "\(form), more than 0 and up to \(limit)")
    }
    return value
  }

  /// The range of ALPHA. Larger values mix nearly all images half and half, smaller ones hardly any.
  private static let alphas = 0.01...100

  private static func alpha(
    _ text: String?, _ word: String, of name: String
  ) throws(AugmentationError) -> Double {
    guard let text, let value = Double(text), alphas.contains(value) else {
      throw .malformed(word: word, expected: "\(name)=ALPHA, 0.01 to 100")
    }
    return value
  }

  private static func fill(_ text: String?, _ word: String) throws(AugmentationError) -> RandomErasing.Fill {
    if text == "random" { return .random }
    guard let text, let value = wholeNumber(text), let byte = UInt8(exactly: value) else {
      throw .malformed(word: word, expected: "fill=random, or fill=BYTE, 0 to 255")
    }
    return .value(byte)
  }

  /// The text form that parses to this augmentation. Defaults are left out.
  public var specification: String {
    var words: [String] = []
    if flips { words.append("flip") }
    if shift > 0 { words.append("shift=\(shift)") }
    if rotation > 0 { words.append("rotate=\(rotation)") }
    if scaling > 0 { words.append("scale=\(scaling)") }
    if edge != .zero { words.append("edge=\(edge.rawValue)") }
    if brightness > 0 { words.append("brightness=\(brightness)") }
    if contrast > 0 { words.append("contrast=\(contrast)") }
    if let erasing {
      words.append("erase=\(erasing.probability)")
      if case .value(let value) = erasing.fill { words.append("fill=\(value)") }
    }
    if cutout > 0 { words.append("cutout=\(cutout)") }
    if mixup > 0 { words.append("mixup=\(mixup)") }
    if cutmix > 0 { words.append("cutmix=\(cutmix)") }
    return words.isEmpty ? "none" : words.joined(separator: ",")
  }

  /// Throws an ``AugmentationError`` if the images are too small for the shift or the cutout.
  public func check(fits shape: ImageShape) throws(AugmentationError) {
    guard shift < min(shape.height, shape.width) || shift == 0 else {
      throw .shiftTooLarge(shift: shift, shape: shape)
    }
    guard cutout < min(shape.height, shape.width) || cutout == 0 else {
      throw .cutoutTooLarge(size: cutout, shape: shape)
    }
  }
}
