// A two-dimensional convolution (cross-correlation, as PyTorch's Conv2d computes it) with padding by zeros:
//
//     y[c, i, j] = bias[c] + Σ over k, u, v of weight[c, k, u, v] · x[k, i · stride + u · dilation − padding, j · …]
//
// where k runs over the input channels of c's group.

import RandomNumbers

/// Rows and columns: of a kernel, or of padding on each side.
public struct Extent: Equatable, Sendable {
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// The same in both directions.
  public init(_ length: Int) { self.init(length, length) }

  /// `3`, or `3x5` where height and width differ.
  var text: String { height == width ? "\(height)" : "\(height)x\(width)" }
}

/// `conv:CHANNELS[,kernel=3|3x5][,stride=1][,padding=1|1x2][,groups=1][,dilation=1][,bias=yes][,whiten=no]`
public struct Convolution: Equatable, Sendable {
  public var channels: Int
  public var kernel: Extent
  public var stride: Int
  /// Rows and columns of zeros on each side.
  public var padding: Extent
  /// Inputs and outputs are cut into this many groups, each output reading the inputs of its own group.
  public var groups: Int
  /// From one tap of the kernel to the next, in pixels.
  public var dilation: Int
  public var hasBias: Bool
  /// Whether its weights whiten patches of the training images, and are fixed. See ``Architecture/whitenedLayers``.
  public var whitens: Bool

  /// `padding` nil is half the kernel's span, rounded down.
  public init(
    channels: Int, kernel: Extent = Extent(3), stride: Int = 1, padding: Extent? = nil, groups: Int = 1,
    dilation: Int = 1, hasBias: Bool = true, whitens: Bool = false
  ) {
    self.channels = channels
    self.kernel = kernel
    self.stride = stride
    self.groups = groups
    self.dilation = dilation
    self.hasBias = hasBias
    self.whitens = whitens
    self.padding = padding ?? Self.defaultPadding(kernel, dilation: dilation)
  }

  static func defaultPadding(_ kernel: Extent, dilation: Int) -> Extent {
    Extent(dilation * max(0, kernel.height - 1) / 2, dilation * max(0, kernel.width - 1) / 2)
  }

  /// The rows and columns from the kernel's first tap to its last.
  public var span: Extent { Extent(dilation * (kernel.height - 1) + 1, dilation * (kernel.width - 1) + 1) }
}

// MARK: - Text

extension Convolution: WrittenOperation {
  static let words = ["conv"]
  static let options = ["kernel", "stride", "padding", "groups", "dilation", "bias", "whiten"]

  static func parse(_ word: inout WordArguments) throws(ArchitectureError) -> Operation {
    .convolution(
      Convolution(
        channels: try word.integer(required: "conv:CHANNELS, such as conv:16"),
        kernel: try word.extent("kernel") ?? Extent(3), stride: try word.integer("stride") ?? 1,
        padding: try word.extent("padding"), groups: try word.integer("groups") ?? 1,
        dilation: try word.integer("dilation") ?? 1, hasBias: try word.answer("bias") ?? true,
        whitens: try word.answer("whiten") ?? false))
  }

  var text: String {
    var text = "conv:\(channels)"
    if kernel != Extent(3) { text += ",kernel=\(kernel.text)" }
    if stride != 1 { text += ",stride=\(stride)" }
    if padding != Self.defaultPadding(kernel, dilation: dilation) { text += ",padding=\(padding.text)" }
    if groups != 1 { text += ",groups=\(groups)" }
    if dilation != 1 { text += ",dilation=\(dilation)" }
    if !hasBias { text += ",bias=no" }
    return whitens ? text + ",whiten=yes" : text
  }

  var stem: String { "conv" }
}

// MARK: - Shapes

extension Convolution {
  /// [channels in, height, width] → [channels, height, width], in PyTorch's floor mode.
  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    guard case .map(let height, let width, let channelsIn) = inputs[0] else {
      throw Misfit(
        "a convolution wants an image, so it cannot come after a linear layer or a global pooling")
    }
    try check()
    try checkGroups(channelsIn: channelsIn)
    if whitens { try checkWhitening(height: height, width: width, channelsIn: channelsIn) }
    let rows = windowCount(height, window: span.height, stride: stride, padding: padding.height)
    let columns = windowCount(width, window: span.width, stride: stride, padding: padding.width)
    guard rows >= 1, columns >= 1 else {
      throw Misfit(
        "a \(kernel.height)×\(kernel.width) kernel with"
          + (dilation == 1 ? "" : " dilation \(dilation) and") + " padding \(padding.text)"
          + " is larger than the image")
    }
    return .map(height: rows, width: columns, channels: channels)
  }

  private func check() throws(Misfit) {
    guard channels >= 1 else { throw Misfit("a convolution has at least 1 channel") }
    guard kernel.height >= 1, kernel.width >= 1 else { throw Misfit("the kernel size is at least 1") }
    guard stride >= 1 else { throw Misfit("the stride is at least 1") }
    guard dilation >= 1 else { throw Misfit("the dilation is at least 1") }
    guard (0..<span.height).contains(padding.height), (0..<span.width).contains(padding.width) else {
      let largest = Extent(span.height - 1, span.width - 1)
      throw Misfit("the padding is smaller than the kernel: 0 to \(largest.text)")
    }
  }

  private func checkGroups(channelsIn: Int) throws(Misfit) {
    guard groups >= 1 else { throw Misfit("there is at least 1 group") }
    guard channelsIn.isMultiple(of: groups), channels.isMultiple(of: groups) else {
      throw Misfit(
        "\(groups) groups do not divide both the \(channelsIn) channels of its input and its own \(channels);"
          + " \(greatestCommonDivisor(channelsIn, channels)) would, and its divisors")
    }
  }

  /// Larger patches would have covariances that take long to decompose.
  static let maximumWhitenedValues = 256

  private func checkWhitening(height: Int, width: Int, channelsIn: Int) throws(Misfit) {
    guard groups == 1 else {
      throw Misfit("whiten=yes goes with one group, whose kernels read whole patches")
    }
    guard span.height <= height, span.width <= width else {
      throw Misfit(
        "whiten=yes wants a kernel that fits into the image, \(kernel.height)×\(kernel.width) does not")
    }
    // Each side is at most 2²⁴, and two of them at most the image's.
    let values = kernel.height * kernel.width * channelsIn
    guard values <= Self.maximumWhitenedValues else {
      throw Misfit(
        "whiten=yes whitens patches of at most \(Self.maximumWhitenedValues) values, and a patch of this kernel has \(values)"
      )
    }
    guard channels <= 2 * values else {
      throw Misfit(
        "whiten=yes has at most \(2 * values) channels here, two for each of the \(values) values of a patch")
    }
  }

  private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }

  /// weight [channels, channels in / groups, kernel height, kernel width], bias [channels]
  func parameters(input: FeatureShape) -> [ParameterDescription] {
    let shape = [channels, input.channels / groups, kernel.height, kernel.width]
    let weight = ParameterDescription(
      name: "weight", shape: shape, role: whitens ? .fixedWeight : .weight)
    return hasBias ? [weight, ParameterDescription(name: "bias", shape: [channels], role: .bias)] : [weight]
  }

  func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int {
    2 * output.count * kernel.height * kernel.width * (input.channels / groups)
  }
}

// MARK: - First values

extension Convolution {
  func firstValues(
    of parameters: [ParameterDescription], by initialization: Initialization, isOutput: Bool,
    _ random: inout SplitMix64
  ) -> [[Float]] {
    let inputs = parameters[0].count / parameters[0].shape[0]
    if initialization == .reference {
      let bound = 1 / Double(inputs).squareRoot()
      return parameters.map { $0.drawn { (2 * random.uniform() - 1) * bound } }
    }
    return parameters.map { parameter in
      guard parameter.role != .bias else { return parameter.filled(with: 0) }
      if initialization == .orthogonal {
        // Groups have no input in common, so that each is a matrix of its own.
        return (0..<groups).flatMap { _ in
          OrthogonalMatrix.draw(
            rows: channels / groups, columns: inputs, gain: 2.0.squareRoot(), &random)
        }
      }
      let deviation = (2 / Double(inputs)).squareRoot()
      let weights = parameter.drawn { random.normal() * deviation }
      return initialization == .dirac ? passingInputsOn(weights, inputs: inputs) : weights
    }
  }

  /// The weights with another filter for each input of a group, if it has as many: 1 at the kernel's middle for that input
  /// (after the middle of an even kernel), else 0. `inputs` are the values that an output reads.
  private func passingInputsOn(_ weights: [Float], inputs: Int) -> [Float] {
    let taps = kernel.height * kernel.width
    let (inputsOfGroup, outputsOfGroup) = (inputs / taps, channels / groups)
    guard outputsOfGroup >= inputsOfGroup else { return weights }
    let middle = kernel.height / 2 * kernel.width + kernel.width / 2
    var weights = weights
    for group in 0..<groups {
      for input in 0..<inputsOfGroup {
        let start = (group * outputsOfGroup + input) * inputs
        for place in 0..<inputs { weights[start + place] = place == input * taps + middle ? 1 : 0 }
      }
    }
    return weights
  }
}
