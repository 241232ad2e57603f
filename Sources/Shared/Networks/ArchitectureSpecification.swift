// The text form of an architecture: layers from the image to the classes, separated by blanks.
//
//     conv:16 relu pool conv:32 relu pool dropout:0.2 linear:512 relu dropout:0.2 linear:256 relu dropout:0.2
//
//     conv:CHANNELS[,kernel=K][,stride=S][,padding=P]   K 3; S 1; P (K − 1) / 2, rounded down
//     pool[:SIZE][,stride=S]                            SIZE 2, at most 16; S = SIZE
//     relu        dropout:PROBABILITY        linear:OUTPUTS
//
// The last linear layer, to the classes, is implied. ArchitectureWords.swift cuts the text into words.

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

  /// The preset of that name, in whatever letters.
  public static func preset(_ name: String) -> Preset? {
    let words = name.split(whereSeparator: \.isWhitespace)
    return words.count == 1 ? presets.first { $0.name == words[0].lowercased() } : nil
  }

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
    let words = ArchitectureWords.words(of: text)
    guard !words.isEmpty else { throw .empty }
    guard words.count <= 1000 else { throw .tooLong(words.count) }
    var layers: [Layer] = []
    for (index, word) in words.enumerated() {
      let next = index + 1 < words.count ? words[index + 1] : nil
      layers.append(try Layer(word: word, position: index + 1, next: next))
    }
    return layers
  }

  /// The layers without the implied output layer, if it was written out: a last linear layer with `classCount` outputs.
  /// `nil` if the last layer is another one.
  public static func withoutOutput(_ layers: [Layer], classCount: Int) -> [Layer]? {
    layers.last == .linear(outputs: classCount) ? layers.dropLast() : nil
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

  private init(word: String, position: Int, next: String?) throws(ArchitectureError) {
    var arguments = LayerArguments(word: word, position: position, next: next)
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
    default: throw arguments.unknownLayer
    }
    try arguments.expectNothingLeft()
  }
}

/// The parts of one word of a specification: `kind[:value][,key=number]…`.
private struct LayerArguments {
  let word: String
  let position: Int
  /// The word after it.
  let next: String?
  let kind: String
  private var value: Substring?
  private var options: [(key: Substring, value: Substring)] = []
  private var unreadable: Substring?

  init(word: String, position: Int, next: String?) {
    self.word = word
    self.position = position
    self.next = next
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

  /// Of a word that begins like no layer.
  var unknownLayer: ArchitectureError {
    if let preset = Architecture.preset(kind) {
      return .presetAmongLayers(name: preset.name, position: position, layers: preset.specification)
    }
    if let reason = ArchitectureWords.implied[kind] {
      return .impliedLayer(word: word, position: position, reason: reason)
    }
    return .unknownLayer(
      word: word, position: position, suggestion: ArchitectureWords.suggestion(for: word, next: next))
  }

  mutating func integer() throws(ArchitectureError) -> Int? {
    guard let text = value else { return nil }
    value = nil
    return try number(text)
  }

  mutating func integer(required form: String) throws(ArchitectureError) -> Int {
    if let count = try integer() { return count }
    let meant = next.flatMap { Int($0) == nil ? nil : "; did you mean '\(kind):\($0)'?" }
    throw malformed(form + (meant ?? ""))
  }

  mutating func option(_ key: String) throws(ArchitectureError) -> Int? {
    guard let index = options.firstIndex(where: { $0.key == key }) else { return nil }
    return try number(options.remove(at: index).value)
  }

  mutating func probability() throws(ArchitectureError) -> Double {
    guard let text = value, let number = Double(text), number >= 0, number < 1 else {
      let meant =
        value == nil ? next.flatMap { Double($0) == nil ? nil : "; did you mean 'dropout:\($0)'?" } : nil
      throw malformed("dropout:PROBABILITY in 0 ..< 1, such as dropout:0.2" + (meant ?? ""))
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
      let key = String(option.key)
      let meant = ArchitectureWords.neighbour(of: key, among: own)
        .map { $0 == key ? "" : "; did you mean '\($0)'?" }
      throw malformed(
        "no option '\(displayed(key))', or not twice"
          + (meant ?? (own.isEmpty ? "" : "; \(kind) has \(own.joined(separator: ", "))")))
    }
    if let unreadable { throw malformed("key=number in place of '\(displayed(String(unreadable)))'") }
  }

  /// The options of such a layer.
  private var own: [String] {
    switch kind {
    case "conv": ArchitectureWords.options
    case "pool": ["stride"]
    default: []
    }
  }
}
