// Random trees, for properties that all specifications have. Most are networks and some are not, since both are tested.

import KernelInterface
import Networks
import RandomNumbers

/// Draws trees; the same seed gives the same ones.
struct RandomSpecifications {
  private var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func next() -> Specification {
    let elements = branch(depth: 0, longest: 8)
    switch random.next(below: 4) {
    case 0: return Specification(elements: elements, output: Specification.OutputLayer(hasBias: false))
    case 1: return Specification(elements: elements, output: Specification.OutputLayer())
    default: return Specification(elements: elements)
    }
  }

  private mutating func chance(_ share: Double) -> Bool { random.uniform() < share }

  private mutating func pick<Value>(_ values: Value...) -> Value { values[random.next(below: values.count)] }

  // MARK: Trees

  private mutating func branch(depth: Int, longest: Int) -> [Specification.Element] {
    (0..<1 + random.next(below: longest)).map { _ in element(depth: depth) }
  }

  private mutating func element(depth: Int) -> Specification.Element {
    guard depth < 4, chance(0.3) else { return .layer(operation()) }
    switch random.next(below: 4) {
    case 0: return .repetition(1 + random.next(below: 3), branch(depth: depth + 1, longest: 3))
    case 1:
      // Branches of any shape, which seldom fit together.
      let shortcut = chance(0.5) ? branch(depth: depth + 1, longest: 2) : []
      return .residual(main: branch(depth: depth + 1, longest: 3), shortcut: shortcut)
    case 2:
      // Both branches end in the same shape, whatever the input.
      let channels = 1 + random.next(below: 6)
      let stride = 1 + random.next(below: 2)
      let last = Specification.Element.layer(
        .convolution(Convolution(channels: channels, kernel: Extent(1), stride: stride)))
      return .residual(main: keepingSize(depth) + [last], shortcut: keepingSize(depth) + [last])
    default:
      var branches = (0..<2 + random.next(below: 2)).map { _ in keepingSize(depth) }
      if chance(0.4) { branches[random.next(below: branches.count)] = [] }
      return .concatenation(branches)
    }
  }

  /// Elements that keep a map's height and width.
  private mutating func keepingSize(_ depth: Int) -> [Specification.Element] {
    (0..<1 + random.next(below: 2)).map { _ in
      if depth < 3, chance(0.2) { return .residual(main: [.layer(pointwise())], shortcut: []) }
      guard chance(0.5) else { return .layer(pointwise()) }
      let kernel = Extent(2 * random.next(below: 3) + 1, 2 * random.next(below: 3) + 1)
      return .layer(
        .convolution(
          Convolution(
            channels: 1 + random.next(below: 6), kernel: kernel, dilation: 1 + random.next(below: 2),
            hasBias: chance(0.5))))
    }
  }

  // MARK: Layers

  private mutating func operation() -> Operation {
    switch random.next(below: 12) {
    case 0...3: .convolution(convolution())
    case 4...5: .pool(pooling())
    case 6: chance(0.3) ? .globalPool(GlobalPooling(kind: pick(.maximum, .average))) : pointwise()
    case 7:
      chance(0.3) ? .linear(Linear(outputs: 1 + random.next(below: 12), hasBias: chance(0.7))) : pointwise()
    default: pointwise()
    }
  }

  private mutating func convolution() -> Convolution {
    let kernel = Extent(1 + random.next(below: 5), 1 + random.next(below: 5))
    let groups = pick(1, 1, 1, 1, 2, 3)
    let padding = chance(0.5) ? nil : Extent(random.next(below: 4), random.next(below: 4))
    return Convolution(
      channels: groups * (1 + random.next(below: 4)), kernel: chance(0.5) ? Extent(kernel.height) : kernel,
      stride: pick(1, 1, 1, 2, 3), padding: padding, groups: groups, dilation: pick(1, 1, 1, 2),
      hasBias: chance(0.7))
  }

  private mutating func pooling() -> Pooling {
    Pooling(
      kind: pick(.maximum, .average), size: 1 + random.next(below: 4),
      stride: chance(0.6) ? nil : 1 + random.next(below: 4), padding: chance(0.7) ? 0 : random.next(below: 3))
  }

  /// An operation on each value or channel by itself.
  private mutating func pointwise() -> Operation {
    switch random.next(below: 7) {
    case 0:
      return .normalization(
        BatchNormalization(
          epsilon: chance(0.6) ? 1e-5 : random.uniform() + 1e-9,
          momentum: chance(0.6) ? 0.1 : random.uniform(),
          learnsScale: chance(0.7)))
    case 1:
      return .layerNormalization(
        LayerNormalization(
          epsilon: chance(0.6) ? 1e-5 : random.uniform() + 1e-9, learnsScale: chance(0.7)))
    case 2: return .dropout(Dropout(probability: random.uniform()))
    case 3: return .scale(Scale(factor: chance(0.5) ? 2 : random.uniform() - 0.5))
    case 4: return .activation(.leaky(slope: chance(0.3) ? 0.01 : Float(random.uniform())))
    default: return .activation(Activation.all[random.next(below: Activation.all.count)])
    }
  }
}

/// Draws meaningless texts of the grammar's tokens.
struct RandomTexts {
  private var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  private static let pieces = [
    "conv", "conv:4", "conv:16", "norm", "layernorm", "relu", "leaky", "leaky:0.2", "gelu", "pool", "pool:3",
    "pool:average",
    "pool:global", "dropout:0.2", "linear:7", "linear", "linear:classes", "scale:2", "scale", "residual",
    "concat",
    "(", ")", "|", "residual(", "concat(", "2*(", "3", "0", "*", "99999999999999999999", "16777216", ",", ";",
    ":",
    "=", "#", "\n", "\r\n", "\t", ",kernel=5", ",kernel=3x5", ",stride=2", ",padding=0", ",groups=2",
    ",dilation=9",
    ",bias=no", ",scale=no", ",epsilon=1e-3", ",momentum=nan", ",size=3", ",global", ",average", "x", "-1",
    "1e400",
    "cnn", "flatten", "skip", "bn", "\u{1b}[31m", "\0", "é", "\u{301}", "İ", "👩‍👩‍👧",
  ]

  mutating func next() -> String {
    (0..<random.next(below: 24)).map { _ in
      Self.pieces[random.next(below: Self.pieces.count)] + (random.next(below: 3) == 0 ? "" : " ")
    }.joined()
  }
}
