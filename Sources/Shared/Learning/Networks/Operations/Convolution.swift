// A two-dimensional convolution (cross-correlation, as PyTorch's Conv2d computes it) with padding by zeros:
//
//     y[c, i, j] = bias[c] + Σ over k, u, v of weight[c, k, u, v] · x[k, i · stride + u · dilation − padding, j · …]
//
// where k runs over the input channels of c's group.

import RandomNumbers

/// The rows and columns of a kernel, or of the padding on each side.
public struct Extent: Equatable, Sendable {
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// Makes an extent of `length` rows and `length` columns.
  public init(_ length: Int) { self.init(length, length) }

  /// The text `3`, or `3x5` if height and width differ.
  var text: String { height == width ? "\(height)" : "\(height)x\(width)" }
}

/// `conv:CHANNELS[,kernel=3|3x5][,stride=1][,padding=1|1x2][,groups=1][,dilation=1][,bias=yes][,whiten=no]`
public struct Convolution: Equatable, Sendable {
  public var channels: Int
  public var kernel: Extent
  public var stride: Int
  /// The rows and columns of zeros on each side.
  public var padding: Extent
  /// The number of groups into which inputs and outputs are divided. An output reads only the inputs of its group.
  public var groups: Int
  /// The distance between neighbouring taps of the kernel, in pixels.
  public var dilation: Int
  public var hasBias: Bool
  /// Whether its weights are fixed and whiten patches of the training images. See ``Architecture/whitenedLayers``.
  public var whitens: Bool

  /// The default padding is (span − 1) / 2, rounded down: with an odd span and stride 1, a map keeps its size.
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
        "a convolution needs a map, so it cannot come after a linear layer or a global pooling")
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
    guard channels >= 1 else { throw Misfit("a convolution needs at least 1 channel") }
    guard kernel.height >= 1, kernel.width >= 1 else { throw Misfit("the kernel size must be at least 1") }
    guard stride >= 1 else { throw Misfit("the stride must be at least 1") }
    guard dilation >= 1 else { throw Misfit("the dilation must be at least 1") }
    guard (0..<span.height).contains(padding.height), (0..<span.width).contains(padding.width) else {
      let largest = Extent(span.height - 1, span.width - 1)
      throw Misfit("the padding must be smaller than the kernel: 0 to \(largest.text)")
    }
  }

  private func checkGroups(channelsIn: Int) throws(Misfit) {
    guard groups >= 1 else { throw Misfit("the number of groups must be at least 1") }
    guard channelsIn.isMultiple(of: groups), channels.isMultiple(of: groups) else {
      throw Misfit(
        "\(groups) groups do not divide both the \(channelsIn) channels of its input and its own \(channels);"
          + " \(greatestCommonDivisor(channelsIn, channels)) and its divisors do")
    }
  }

  /// The most values of a whitened patch. The covariances of larger patches would take long to decompose.
  static let maximumWhitenedValues = 256

  private func checkWhitening(height: Int, width: Int, channelsIn: Int) throws(Misfit) {
    guard groups == 1 else {
      throw Misfit("whiten=yes needs groups=1, so that kernels read whole patches")
    }
    guard span.height <= height, span.width <= width else {
      throw Misfit(
        "whiten=yes needs a kernel that fits into the image; \(kernel.height)×\(kernel.width) does not")
    }
    // This cannot overflow: a kernel that fits into the image has no more values than the image.
    let values = kernel.height * kernel.width * channelsIn
    guard values <= Self.maximumWhitenedValues else {
      throw Misfit(
        "whiten=yes allows patches of up to \(Self.maximumWhitenedValues) values; a patch of this kernel has \(values)"
      )
    }
    guard channels <= 2 * values else {
      throw Misfit(
        "whiten=yes allows \(2 * values) channels at most, two for each of the \(values) values of a patch")
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
        // Groups share no inputs, so each has its own matrix.
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

  /// Returns the weights with the first filters of each group replaced, one for each of the group's inputs, if it has
  /// that many. A replaced filter is 1 at the kernel's middle for its input (after the middle of an even kernel), and
  /// else 0. `inputs` is the number of values that one output reads.
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
