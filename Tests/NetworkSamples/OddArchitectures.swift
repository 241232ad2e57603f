// Random architectures that nobody would think of. They use all that a specification can say, common and extreme.

import Networks
import RandomNumbers
import TensorStream

/// Draws specifications, each with the shape of its images. The same seed gives the same ones.
package struct OddArchitectures {
  private var random: SplitMix64
  /// Whether the specification already has an extreme dropout. Two layers that drop nearly everything would scale the
  /// remaining values beyond Float's range.
  private var hasExtremeDropout = false
  /// The largest height and width of an image.
  private let longestSide: Int
  private let mostLayers: Int

  /// Images have 1 to `longestSide` rows and columns. Specifications have 1 to `mostLayers` layers; one in eight has up
  /// to six times that many.
  package init(seed: UInt64, longestSide: Int = 40, mostLayers: Int = 8) {
    random = SplitMix64(seed: seed)
    self.longestSide = longestSide
    self.mostLayers = mostLayers
  }

  package mutating func next() -> GradientCase {
    hasExtremeDropout = false
    let input = ImageShape(
      height: 1 + random.next(below: longestSide), width: 1 + random.next(below: longestSide),
      channels: pick([1, 1, 3, 4]))
    let isDeep = chance(of: 8)
    let layerCount = 1 + random.next(below: isDeep ? 6 * mostLayers : mostLayers)
    var words: [String] = []
    var isFlat = false
    while words.count < layerCount {
      let word = word(isDeep: isDeep, isFlat: isFlat)
      isFlat = isFlat || word.hasPrefix("linear")
      words.append(word)
    }
    return GradientCase(
      specification: words.joined(separator: " "), input: input, classCount: pick([2, 3, 10, 16, 17]),
      batch: 1 + random.next(below: 4), smoothing: pick([0, 0, 0.1]))
  }

  private mutating func word(isDeep: Bool, isFlat: Bool) -> String {
    // After a linear layer, one layer in forty is of any kind. If it needs a map, the network must be refused.
    switch random.next(below: isFlat && !chance(of: 40) ? 4 : 10) {
    case 0, 1: "relu"
    case 2: dropout()
    case 3 where isFlat || chance(of: 3): "linear:\(number(chance(of: 3) ? 1...300 : 1...40))"
    case 3, 4, 5, 6:
      isDeep ? "conv:\(number(1...4))" + pick(["", "", ",kernel=1", ",stride=2"]) : convolution()
    default: isDeep ? pick(["pool:1", "pool,stride=1", "pool:3,stride=1", "relu"]) : pooling()
    }
  }

  private mutating func convolution() -> String {
    var text = "conv:\(number(chance(of: 3) ? 1...70 : 1...8))"
    let kernel = chance(of: 30) ? number(0...15) : 1 + random.next(below: chance(of: 2) ? 5 : 15)
    if kernel != 3 || chance(of: 4) { text += ",kernel=\(kernel)" }
    if chance(of: 3) { text += ",stride=\(number(chance(of: 10) ? 0...50 : 1...4))" }
    if chance(of: 2) { text += ",padding=\(number(chance(of: 20) ? 0...16 : 0...max(0, kernel - 1)))" }
    return text
  }

  private mutating func pooling() -> String {
    var text = "pool"
    if !chance(of: 3) { text += ":\(number(pick([1...4, 1...17, 15...18])))" }
    if chance(of: 3) { text += ",stride=\(number(chance(of: 10) ? 0...40 : 1...4))" }
    return text
  }

  private mutating func dropout() -> String {
    guard !hasExtremeDropout, chance(of: 5) else {
      return "dropout:\(pick(["0", "0.1", "0.5", ".25", "5e-1"]))"
    }
    hasExtremeDropout = true
    return "dropout:\(pick(["0.9999", "0.99999999999999988", "1e-300", "0.0000001", "-0"]))"
  }

  /// A number in `usual`. One time in forty, it is at or near a limit instead.
  private mutating func number(_ usual: ClosedRange<Int>) -> Int {
    guard !chance(of: 40) else {
      return pick([0, 255, 256, 257, 4096, 65_537, 16_777_215, 16_777_216, 16_777_217])
    }
    return usual.lowerBound + random.next(below: usual.count)
  }

  private mutating func chance(of: Int) -> Bool { random.next(below: of) == 0 }

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[random.next(below: elements.count)]
  }

  // MARK: - Texts

  /// Returns the specification after one to four random changes to its characters.
  package mutating func garbled(_ specification: String) -> String {
    var text = Array(specification.unicodeScalars)
    for _ in 0...random.next(below: 4) { garble(&text) }
    var result = String.UnicodeScalarView()
    result.append(contentsOf: text)
    return String(result)
  }

  /// Separators, parts of numbers, control characters, digits that Int does not accept, combining marks.
  private static let characters = Array(
    " \t\n\r\u{B},:;=.-+_0123456789eEpPxXnaif\u{0}\u{1B}\u{7F}\u{85}\u{A0}\u{301}\u{202E}\u{FFFD}٣½²１é👟"
      .unicodeScalars)

  private static let numbers = [
    "0", "00", "-0", "-1", "+1", "1e3", "0x10", "16777216", "16777217", "2147483648", "4294967296",
    "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e308", "1e309", "1e-324", "nan",
    "inf",
    "0.99999999999999999", String(repeating: "9", count: 400),
  ]

  private mutating func garble(_ text: inout [Unicode.Scalar]) {
    let place = random.next(below: text.count + 1)
    switch random.next(below: 5) {
    case 0: text.insert(pick(Self.characters), at: place)
    case 1: if place < text.count { text.remove(at: place) }
    case 2: if place < text.count { text[place] = pick(Self.characters) }
    case 3:
      let end = min(text.count, place + 1 + random.next(below: 12))
      text.insert(contentsOf: text[place..<end], at: random.next(below: text.count + 1))
    default:
      guard let start = text[place...].firstIndex(where: { ("0"..."9").contains($0) }) else { return }
      let end = text[start...].firstIndex { !("0"..."9").contains($0) } ?? text.count
      text.replaceSubrange(start..<end, with: pick(Self.numbers).unicodeScalars)
    }
  }
}

extension Architecture {
  /// The multiply-adds of a forward pass for one image, with channels padded to multiples of 16 as in memory.
  package var paddedWork: Int {
    func filled(_ count: Int) -> Int { (count + 15) / 16 * 16 }
    return nodes.reduce(0) { work, node in
      switch (node.operation, node.input, node.output) {
      case (.convolution(let convolution), .map(_, _, let channels), .map(let height, let width, _)):
        let patch = convolution.kernel.height * convolution.kernel.width * filled(channels)
        return work + height * width * patch * filled(convolution.channels)
      case (.pool(let pooling), _, .map(let height, let width, let channels)):
        return work + height * width * pooling.size * pooling.size * filled(channels)
      default: return work + node.parameterCount
      }
    }
  }
}
