// The text form of an architecture: layers from the image to the classes, separated by blanks.
//
//     conv:16 relu pool conv:32 relu pool dropout:0.2 linear:512 relu dropout:0.2 linear:256 relu dropout:0.2
//
//     conv:CHANNELS[,kernel=K][,stride=S][,padding=P]   K odd, 3; S 1; P (K − 1) / 2
//     pool[:SIZE][,stride=S]                            SIZE 2, at most 16; S = SIZE
//     relu        dropout:PROBABILITY        linear:OUTPUTS
//
// The last linear layer, to the classes, is implied.

import ByteIO
import TensorStream

extension Architecture {
  /// A name that stands for a specification, and for settings of training that suit it.
  public struct Preset: Sendable {
    public let name: String
    public let specification: String
    public let summary: String
    /// How it is trained if nothing else is said, with any seed.
    public let settings: TrainingSettings
    /// The probability of all dropout layers in that training; `nil` leaves them as specified.
    public let dropout: Double?
  }

  /// The preset of that name.
  public static func preset(_ name: String) -> Preset? { presets.first { $0.name == name } }

  /// The presets: as networks, each is a specification and nothing else.
  public static let presets = [
    Preset(
      name: "ffnn", specification: "linear:512 relu dropout:0.2 linear:256 relu dropout:0.2",
      summary: "two hidden layers of 512 and 256", settings: .mirrored(epochs: 240), dropout: 0.1),
    Preset(
      name: "cnn",
      specification:
        "conv:16 relu pool conv:32 relu pool dropout:0.2 linear:512 relu dropout:0.2 linear:256 relu dropout:0.2",
      summary: "two 3×3 convolutions with max-pooling, then 512 and 256", settings: .mirrored(epochs: 60),
      dropout: nil),
  ]

  /// Reads a preset's name or a specification. Throws ``ArchitectureError`` that names the layer and the shapes.
  public init(specification: String, input: ImageShape, classCount: Int) throws(ArchitectureError) {
    try self.init(layers: try Layer.parse(specification), input: input, classCount: classCount)
  }

  /// The specification that gives this architecture again, in full and without what is default.
  public var specification: String { layers.dropLast().map(\.layer.specification).joined(separator: " ") }
}

extension Layer {
  /// Reads a preset's name or a specification into layers; shapes are not known here.
  public static func parse(_ specification: String) throws(ArchitectureError) -> [Layer] {
    let text = Architecture.preset(specification)?.specification ?? specification
    let words = text.split(whereSeparator: \.isWhitespace)
    guard !words.isEmpty else { throw .empty }
    guard words.count <= 1000 else { throw .tooLong(words.count) }
    var layers: [Layer] = []
    for word in words { layers.append(try Layer(word: String(word), position: layers.count + 1)) }
    return layers
  }

  /// One layer's text, without what is default.
  public var specification: String {
    switch self {
    case .convolution(let convolution):
      var text = "conv:\(convolution.channels)"
      if convolution.kernelSize != 3 { text += ",kernel=\(convolution.kernelSize)" }
      if convolution.stride != 1 { text += ",stride=\(convolution.stride)" }
      if convolution.padding != (convolution.kernelSize - 1) / 2 { text += ",padding=\(convolution.padding)" }
      return text
    case .maxPool(let size, let stride):
      return (size == 2 ? "pool" : "pool:\(size)") + (stride == size ? "" : ",stride=\(stride)")
    case .relu: return "relu"
    case .dropout(let probability): return "dropout:\(probability)"
    case .linear(let outputs): return "linear:\(outputs)"
    }
  }

  private init(word: String, position: Int) throws(ArchitectureError) {
    var arguments = LayerArguments(word: word, position: position)
    switch arguments.kind {
    case "conv":
      let channels = try arguments.integer(required: "conv:CHANNELS, such as conv:16")
      let kernelSize = try arguments.option("kernel") ?? 3
      self = .convolution(
        ConvolutionLayer(
          channels: channels, kernelSize: kernelSize, stride: try arguments.option("stride") ?? 1,
          padding: try arguments.option("padding") ?? (kernelSize - 1) / 2))
    case "pool":
      let size = try arguments.integer() ?? 2
      self = .maxPool(size: size, stride: try arguments.option("stride") ?? size)
    case "relu": self = .relu
    case "dropout": self = .dropout(probability: try arguments.probability())
    case "linear":
      self = .linear(outputs: try arguments.integer(required: "linear:OUTPUTS, such as linear:512"))
    default: throw .unknownLayer(word: word, position: position)
    }
    try arguments.expectNothingLeft()
  }
}

/// The parts of one word of a specification: `kind[:value][,key=number]…`.
private struct LayerArguments {
  let word: String
  let position: Int
  let kind: String
  private var value: Substring?
  private var options: [(key: Substring, value: Substring)] = []
  private var unreadable: Substring?

  init(word: String, position: Int) {
    self.word = word
    self.position = position
    let parts = word.split(separator: ",", omittingEmptySubsequences: false)
    let head = parts[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    kind = String(head[0])
    value = head.count == 2 ? head[1] : nil
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { options.append((pair[0], pair[1])) } else { unreadable = part }
    }
  }

  private func malformed(_ expected: String) -> ArchitectureError {
    .malformedLayer(word: word, position: position, expected: expected)
  }

  mutating func integer() throws(ArchitectureError) -> Int? {
    guard let text = value else { return nil }
    value = nil
    return try number(text)
  }

  mutating func integer(required form: String) throws(ArchitectureError) -> Int {
    guard let count = try integer() else { throw malformed(form) }
    return count
  }

  mutating func option(_ key: String) throws(ArchitectureError) -> Int? {
    guard let index = options.firstIndex(where: { $0.key == key }) else { return nil }
    return try number(options.remove(at: index).value)
  }

  mutating func probability() throws(ArchitectureError) -> Double {
    guard let text = value, let number = Double(text), number >= 0, number < 1 else {
      throw malformed("dropout:PROBABILITY in 0 ..< 1, such as dropout:0.2")
    }
    value = nil
    return number
  }

  private func number(_ text: Substring) throws(ArchitectureError) -> Int {
    guard let number = Int(text), number >= 0, number <= 1 << 24, text.allSatisfy(\.isNumber) else {
      throw malformed("a whole number up to 16777216 in place of '\(displayed(String(text)))'")
    }
    return number
  }

  func expectNothingLeft() throws(ArchitectureError) {
    if let value { throw malformed("\(kind) without ':\(displayed(String(value)))'") }
    if let option = options.first {
      throw malformed("no option '\(displayed(String(option.key)))', or not twice")
    }
    if let unreadable { throw malformed("key=number in place of '\(displayed(String(unreadable)))'") }
  }
}
