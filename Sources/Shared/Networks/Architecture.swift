// What a network is made of: layers with every shape worked out, before a weight is allocated.
// The text form of an architecture is read in ArchitectureSpecification.swift.

import TensorStream

/// The shape of what flows between layers, for one image.
public enum FeatureShape: Equatable, Sendable, CustomStringConvertible {
  case map(height: Int, width: Int, channels: Int)
  case vector(Int)

  /// The number of values.
  public var count: Int {
    switch self {
    case .map(let height, let width, let channels): height * width * channels
    case .vector(let count): count
    }
  }

  /// As PyTorch orders it: `32×7×7` is channels × height × width.
  public var description: String {
    switch self {
    case .map(let height, let width, let channels): "\(channels)×\(height)×\(width)"
    case .vector(let count): "\(count)"
    }
  }
}

/// A two-dimensional convolution with a square kernel, zero padding and a bias.
public struct ConvolutionLayer: Equatable, Sendable {
  public var channels: Int
  public var kernelSize: Int
  public var stride: Int
  public var padding: Int
}

/// One layer as an architecture names it.
public enum Layer: Equatable, Sendable {
  case convolution(ConvolutionLayer)
  /// Windows of `size` × `size`, `stride` apart; what does not fill a window is dropped, as in PyTorch.
  case maxPool(size: Int, stride: Int)
  case relu
  case dropout(probability: Double)
  case linear(outputs: Int)
}

/// A parameter's name and shape, in PyTorch's naming and layout.
public struct ParameterDescription: Equatable, Sendable {
  public let name: String
  public let shape: [Int]

  public init(name: String, shape: [Int]) {
    self.name = name
    self.shape = shape
  }

  public var count: Int { shape.reduce(1, *) }
}

/// A layer in its place: what goes in, what comes out, and the parameters it has.
public struct PlacedLayer: Equatable, Sendable {
  public let layer: Layer
  /// `conv1`, `fc2`, `out` for layers with parameters; `relu`, `pool`, `dropout` for the others.
  public let name: String
  public let input: FeatureShape
  public let output: FeatureShape
  /// Weight, then bias; empty for layers that learn nothing.
  public let parameters: [ParameterDescription]

  /// The number of learned values.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

  /// Multiplications and additions of a forward pass for one image (a multiply-add counts two), without the
  /// activations'.
  public var floatingPointOperations: Int {
    switch (layer, output) {
    case (.convolution(let convolution), .map(let height, let width, let channels)):
      guard case .map(_, _, let inputChannels) = input else { return 0 }
      return 2 * height * width * channels * convolution.kernelSize * convolution.kernelSize * inputChannels
    case (.linear(let outputs), _): return 2 * input.count * outputs
    default: return 0
    }
  }
}

/// A network from images to one logit a class.
public struct Architecture: Equatable, Sendable {
  public let input: ImageShape
  public let classCount: Int
  /// From the image to the logits; the last is the implied linear layer `out`.
  public let layers: [PlacedLayer]

  /// Places the layers one behind the other and adds `out`. Throws ``ArchitectureError`` where one does not fit.
  public init(layers: [Layer], input: ImageShape, classCount: Int) throws(ArchitectureError) {
    guard (2...256).contains(classCount) else { throw .classCount(classCount) }
    var placing = LayerPlacing(input: input)
    for layer in layers { try placing.append(layer) }
    try placing.append(.linear(outputs: classCount), isLast: true)
    self.input = input
    self.classCount = classCount
    self.layers = placing.placed
  }

  /// The learned parameters in PyTorch's order, names and layouts.
  public var parameters: [ParameterDescription] { layers.flatMap(\.parameters) }

  /// The number of learned values.
  public var parameterCount: Int { layers.reduce(0) { $0 + $1.parameterCount } }

  /// Multiplications and additions of a forward pass for one image (a multiply-add counts two).
  public var floatingPointOperations: Int { layers.reduce(0) { $0 + $1.floatingPointOperations } }
}

/// Puts layers one behind the other, checks that each fits, and names them.
private struct LayerPlacing {
  /// 256 million values are 1 GiB of weights, far beyond what the training of such networks bears.
  static let maximumCount = 1 << 28
  /// The place of a maximum in its window is kept in a byte.
  static let maximumWindow = 16

  var placed: [PlacedLayer] = []
  var shape: FeatureShape
  var convolutionCount = 0
  var linearCount = 0

  init(input: ImageShape) {
    shape = .map(height: input.height, width: input.width, channels: input.channels)
  }

  mutating func append(_ layer: Layer, isLast: Bool = false) throws(ArchitectureError) {
    let position = placed.count + 1
    let input = shape
    func refuse(_ reason: String) -> ArchitectureError {
      .doesNotFit(layer: layer.specification, position: position, input: input, reason: reason)
    }
    switch layer {
    case .convolution(let convolution):
      guard case .map(let height, let width, let channels) = shape else {
        throw refuse("a convolution wants an image, so it cannot stand behind a linear layer")
      }
      try check(convolution, refuse)
      let outHeight = outputLength(height, convolution.kernelSize, convolution.stride, convolution.padding)
      let outWidth = outputLength(width, convolution.kernelSize, convolution.stride, convolution.padding)
      guard outHeight >= 1, outWidth >= 1 else {
        throw refuse(
          "a \(convolution.kernelSize)×\(convolution.kernelSize) kernel with padding \(convolution.padding)"
            + " is larger than the image")
      }
      convolutionCount += 1
      let weight = [convolution.channels, channels, convolution.kernelSize, convolution.kernelSize]
      let output = FeatureShape.map(height: outHeight, width: outWidth, channels: convolution.channels)
      try place(layer, "conv\(convolutionCount)", output, weight, bias: convolution.channels, refuse)
    case .maxPool(let size, let stride):
      guard case .map(let height, let width, let channels) = shape else {
        throw refuse("pooling wants an image, so it cannot stand behind a linear layer")
      }
      guard size >= 1, stride >= 1 else { throw refuse("size and stride are at least 1") }
      guard size <= Self.maximumWindow else { throw refuse("a window is at most \(Self.maximumWindow) wide") }
      guard size <= height, size <= width else { throw refuse("the window is larger than the image") }
      let output = FeatureShape.map(
        height: outputLength(height, size, stride, 0), width: outputLength(width, size, stride, 0),
        channels: channels)
      try checkCount(of: output, refuse)
      placed.append(PlacedLayer(layer: layer, name: "pool", input: shape, output: output, parameters: []))
      shape = output
    case .relu:
      placed.append(PlacedLayer(layer: layer, name: "relu", input: shape, output: shape, parameters: []))
    case .dropout(let probability):
      guard probability >= 0, probability < 1 else { throw refuse("the probability lies in 0 ..< 1") }
      placed.append(PlacedLayer(layer: layer, name: "dropout", input: shape, output: shape, parameters: []))
    case .linear(let outputs):
      guard outputs >= 1 else { throw refuse("a linear layer has at least 1 output") }
      linearCount += 1
      try place(
        layer, isLast ? "out" : "fc\(linearCount)", .vector(outputs), [outputs, shape.count], bias: outputs,
        refuse)
    }
  }

  private func check(
    _ convolution: ConvolutionLayer, _ refuse: (String) -> ArchitectureError
  ) throws(ArchitectureError) {
    guard convolution.channels >= 1 else { throw refuse("a convolution has at least 1 channel") }
    guard convolution.kernelSize >= 1 else { throw refuse("the kernel size is at least 1") }
    guard convolution.stride >= 1 else { throw refuse("the stride is at least 1") }
    guard (0..<convolution.kernelSize).contains(convolution.padding) else {
      throw refuse("the padding is smaller than the kernel: 0 to \(convolution.kernelSize - 1)")
    }
  }

  private mutating func place(
    _ layer: Layer, _ name: String, _ output: FeatureShape, _ weightShape: [Int], bias: Int,
    _ refuse: (String) -> ArchitectureError
  ) throws(ArchitectureError) {
    var count = 1
    for length in weightShape + [1] {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard !overflow, product <= Self.maximumCount else { throw refuse("the layer has too many weights") }
      count = product
    }
    let earlier = placed.reduce(0) { $0 + $1.parameterCount }
    guard earlier + count + bias <= Self.maximumCount else {
      throw refuse("the network has too many weights")
    }
    try checkCount(of: output, refuse)
    let parameters = [
      ParameterDescription(name: "\(name).weight", shape: weightShape),
      ParameterDescription(name: "\(name).bias", shape: [bias]),
    ]
    placed.append(PlacedLayer(layer: layer, name: name, input: shape, output: output, parameters: parameters))
    shape = output
  }

  /// Padding makes maps grow, by up to a kernel's length a layer. With values and weights both below 2²⁸, no count of
  /// operations passes 2⁵⁷.
  private func checkCount(
    of output: FeatureShape, _ refuse: (String) -> ArchitectureError
  ) throws(ArchitectureError) {
    let lengths =
      switch output {
      case .map(let height, let width, let channels): [height, width, channels]
      case .vector(let count): [count]
      }
    var count = 1
    for length in lengths {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard !overflow, product <= Self.maximumCount else {
        throw refuse("its output of \(output) is too large")
      }
      count = product
    }
  }

  /// The number of window positions along an axis (PyTorch's floor mode).
  private func outputLength(_ length: Int, _ window: Int, _ stride: Int, _ padding: Int) -> Int {
    let span = length + 2 * padding - window
    return span < 0 ? 0 : span / stride + 1
  }
}
