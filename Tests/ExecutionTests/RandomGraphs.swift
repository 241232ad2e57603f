// Random graphs of all the blocks, operations and shapes that a specification can combine, small enough for central
// differences.

import NetworkSamples
import Networks
import RandomNumbers
import TensorStream

/// Draws valid specifications, each with the shape of its images. The same seed gives the same ones.
struct RandomGraphs {
  private var random: SplitMix64
  /// The shape of the next layer's input.
  private var shape = FeatureShape.vector(1)

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func next() -> GradientCase {
    let input = ImageShape(
      height: 3 + random.next(below: 5), width: 3 + random.next(below: 5), channels: pick([1, 1, 2, 3]))
    shape = .map(height: input.height, width: input.width, channels: input.channels)
    var words: [String] = []
    for _ in 0...random.next(below: 4) { words += element(depth: 0) }
    if chance(of: 2) { words += leaveMaps() }
    if case .vector = shape {
      for _ in 0..<random.next(below: 3) { words += vectorElement(depth: 0) }
    }
    if chance(of: 8) { words.append("linear:classes,bias=no") }
    return GradientCase(
      specification: words.joined(separator: " "), input: input, classCount: pick([2, 3, 5]),
      // Sometimes more images than chunks.
      batch: chance(of: 12) ? 18 : 1 + random.next(below: 4), smoothing: pick([0, 0, 0.1]))
  }

  // MARK: - Maps

  /// A layer, a repetition or a block that turns maps into maps.
  private mutating func element(depth: Int) -> [String] {
    guard depth < 2, chance(of: 3) else { return [layer()] }
    switch random.next(below: 5) {
    case 0, 1: return residual(depth)
    case 2, 3: return concatenation(depth)
    default:
      let start = shape
      let body = [keeping(), keeping()]
      shape = start
      return ["\(2 + random.next(below: 2))*("] + body + [")"]
    }
  }

  private mutating func layer() -> String {
    chance(of: 4) ? shrinking() : chance(of: 3) ? convolution(stride: 1) : keeping()
  }

  private var map: (height: Int, width: Int, channels: Int) {
    guard case .map(let height, let width, let channels) = shape else { preconditionFailure("\(shape)") }
    return (height, width, channels)
  }

  /// A layer that changes values, but not the shape.
  private mutating func keeping() -> String {
    switch random.next(below: 9) {
    case 0, 1: "norm" + pick(["", "", ",scale=no", ",epsilon=0.01,momentum=0.5"])
    case 2, 3, 4: activation()
    case 5: "dropout:\(pick(["0", "0.2", "0.5"]))"
    case 6: "scale:\(pick(["0.5", "-1.5", "2"]))"
    case 7: "layernorm" + pick([",epsilon=0.1", ",epsilon=0.05", ",epsilon=0.1,scale=no"])
    default: "pool:\(pick(["", "average,size="]))3,stride=1,padding=1"
    }
  }

  private mutating func activation() -> String {
    pick([
      "relu", "relu", "relu", "leaky", "leaky:0.3", "leaky:-0.5", "gelu", "silu", "hardswish", "tanh",
      "sigmoid",
    ])
  }

  /// A convolution that keeps the height and width, or divides them by the stride.
  private mutating func convolution(stride: Int, channels: Int? = nil) -> String {
    let (height, width, inputs) = map
    let groups = chance(of: 3) ? pick((1...inputs).filter(inputs.isMultiple)) : 1
    let outputs = channels ?? groups * (1 + random.next(below: max(1, 6 / groups)))
    let fits = outputs.isMultiple(of: groups)
    var text =
      "conv:\(outputs)" + pick(["", ",kernel=1", ",kernel=3x5", ",kernel=5x1", ",dilation=2,padding=2"])
    if fits, groups > 1 { text += ",groups=\(groups)" }
    if stride > 1 { text += ",stride=\(stride)" }
    if chance(of: 2) { text += ",bias=no" }
    shape = .map(
      height: (height + stride - 1) / stride, width: (width + stride - 1) / stride, channels: outputs)
    return text
  }

  /// A layer that makes maps smaller, or larger by padding.
  private mutating func shrinking() -> String {
    let (height, width, channels) = map
    let (text, size, stride, padding) = pick([
      ("pool", 2, 2, 0), ("pool:3,stride=2,padding=1", 3, 2, 1), ("pool:2,stride=1", 2, 1, 0),
      ("pool:1", 1, 1, 0),
      ("pool:2,stride=3", 2, 3, 0), ("pool:average", 2, 2, 0),
      ("pool:average,size=3,stride=2,padding=1", 3, 2, 1),
      ("conv:3,padding=0", 3, 1, 0), ("conv:4,stride=2", 3, 2, 1), ("conv:2,kernel=4,padding=3", 4, 1, 3),
      ("conv:5,kernel=2,stride=2,bias=no", 2, 2, 0), ("pool:3,stride=1", 3, 1, 0),
    ])
    func count(_ length: Int) -> Int { (length + 2 * padding - size) / stride + 1 }
    guard height + 2 * padding >= size, width + 2 * padding >= size, count(height) * count(width) <= 64 else {
      return convolution(stride: 1)
    }
    let outputs = text.hasPrefix("conv") ? Int(text.dropFirst(5).prefix(1))! : channels
    shape = .map(height: count(height), width: count(width), channels: outputs)
    return text
  }

  private mutating func branch(_ depth: Int, count: Int) -> [String] {
    (0..<count).flatMap { _ in chance(of: 2) ? [keeping()] : block(depth + 1) }
  }

  /// A block or a convolution that keeps the height and width.
  private mutating func block(_ depth: Int) -> [String] {
    guard depth < 2, chance(of: 4) else { return [convolution(stride: 1)] }
    return chance(of: 2) ? residual(depth, stride: 1) : concatenation(depth, stride: 1)
  }

  private mutating func residual(_ depth: Int, stride: Int? = nil) -> [String] {
    let start = shape
    let stride = stride ?? (chance(of: 4) ? 2 : 1)
    if stride == 1, chance(of: 6) {
      // A single layer that changes no shape, and perhaps no value.
      return ["residual(", pick(["dropout:0", keeping(), activation()]), ")"]
    }
    var main = stride == 1 ? branch(depth, count: 1 + random.next(below: 2)) : [convolution(stride: stride)]
    main += branch(depth, count: random.next(below: 2))
    let isSame = shape == start
    if isSame, chance(of: 2) { return ["residual("] + main + [")"] }
    if !isSame, stride == 1, chance(of: 2) {
      main.append(convolution(stride: 1, channels: start.channels))
      if chance(of: 2) { main.append("norm") }
      return ["residual("] + main + [")"]
    }
    let end = shape
    shape = start
    var shortcut = [convolution(stride: stride, channels: end.channels)]
    if chance(of: 2) { shortcut.append("norm") }
    return ["residual("] + main + ["|"] + shortcut + [")"]
  }

  private mutating func concatenation(_ depth: Int, stride: Int? = nil) -> [String] {
    let start = shape
    let stride = stride ?? (chance(of: 4) ? 2 : 1)
    var words = ["concat("]
    var channels = 0
    for number in 0..<2 + random.next(below: 2) {
      shape = start
      if number > 0 { words.append("|") }
      if stride > 1 {
        words +=
          chance(of: 2)
          ? [convolution(stride: stride)] : [pooled(stride)]
      } else if number > 0 || !chance(of: 2) {
        words += branch(depth, count: 1 + random.next(below: 2))
      }
      channels += shape.channels
    }
    guard case .map(let height, let width, _) = shape else { preconditionFailure("\(shape)") }
    shape = .map(height: height, width: width, channels: channels)
    return words + [")"]
  }

  private mutating func pooled(_ stride: Int) -> String {
    let (height, width, channels) = map
    shape = .map(
      height: (height + stride - 1) / stride, width: (width + stride - 1) / stride, channels: channels)
    return "pool:\(pick(["", "average,size="]))3,stride=\(stride),padding=1"
  }

  // MARK: - Vectors

  private mutating func leaveMaps() -> [String] {
    guard chance(of: 2) else { return [linear()] }
    shape = .vector(map.channels)
    return [pick(["pool:global", "pool:average,global"])]
  }

  private mutating func linear(_ outputs: Int? = nil) -> String {
    let count = outputs ?? 2 + random.next(below: 5)
    shape = .vector(count)
    return "linear:\(count)" + (chance(of: 3) ? ",bias=no" : "")
  }

  private mutating func keepingVectors() -> String {
    switch random.next(below: 7) {
    case 0: "norm" + pick(["", ",scale=no"])
    case 1, 2, 3: activation()
    case 4: "dropout:\(pick(["0", "0.2", "0.5"]))"
    case 5: "layernorm" + pick([",epsilon=0.01", ",epsilon=0.1,scale=no"])
    default: "scale:-0.5"
    }
  }

  private mutating func vectorElement(depth: Int) -> [String] {
    guard depth == 0, chance(of: 3) else { return [chance(of: 2) ? linear() : keepingVectors()] }
    let start = shape
    if chance(of: 2) {
      let main = [keepingVectors()] + (chance(of: 2) ? [linear(start.channels)] : [])
      shape = start
      return ["residual("] + main + (chance(of: 3) ? ["|", linear(start.channels)] : []) + [")"]
    }
    let first = chance(of: 2) ? [] : [keepingVectors()]
    let second = [linear(), keepingVectors()]
    shape = .vector(start.channels + shape.channels)
    return ["concat("] + first + ["|"] + second + [")"]
  }

  private mutating func chance(of: Int) -> Bool { random.next(below: of) == 0 }

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[random.next(below: elements.count)]
  }
}
