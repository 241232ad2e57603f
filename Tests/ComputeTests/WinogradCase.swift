// Some images for Winograd's convolution, with one kernel for all of them, and its passes on guarded memory.

import Compute
import KernelInterface
import Testing

struct WinogradCase: CustomStringConvertible {
  let convolution: WinogradConvolution
  /// The images, each with its input and its output gradient.
  private(set) var images: [ConvolutionProblem]
  /// With a pooling, the pooled gradients that the output gradients were made from, [image][row, column, channel].
  private(set) var pooledGradients: [(values: [Float], places: [UInt8])] = []

  var shape: ConvolutionShape { convolution.shape }
  var weights: [Float] { images[0].weights }
  var bias: [Float] { images[0].bias }

  init(
    _ shape: ConvolutionShape, _ size: WinogradSize, pools: Bool = false, images count: Int = 1,
    fill: (Int, Int) -> [Float] = { randomFloats($0, seed: $1) }
  ) {
    convolution = WinogradConvolution(shape, pools: pools, size: size)
    let weights = fill(shape.weightCount, 2)
    images = (0..<count).map { image in
      ConvolutionProblem(shape) { fill($0, $1 == 3 ? 3 : $1 + 10 * image) }.with(weights: weights)
    }
    guard pools else { return }
    for (image, problem) in images.enumerated() {
      let pooledCount = (shape.outputHeight / 2) * (shape.outputWidth / 2) * shape.outputChannels
      let values = fill(pooledCount, 5 + 10 * image)
      let places = randomBytes(pooledCount, seed: 6 + 10 * image, below: 4)
      pooledGradients.append((values, places))
      images[image] = problem.with(outputGradient: Self.spread(shape, values, places))
    }
  }

  /// Each value at the place of its maximum, and 0 elsewhere.
  private static func spread(_ shape: ConvolutionShape, _ values: [Float], _ places: [UInt8]) -> [Float] {
    let (width, channels) = (shape.outputWidth / 2, shape.outputChannels)
    var result = [Float](repeating: 0, count: shape.outputHeight * shape.outputWidth * channels)
    for (index, place) in places.enumerated() {
      let (pixel, channel) = (index / channels, index % channels)
      let (y, x) = (2 * (pixel / width) + Int(place) / 2, 2 * (pixel % width) + Int(place) % 2)
      result[(y * shape.outputWidth + x) * channels + channel] = values[index]
    }
    return result
  }

  /// The same images with a pooling or without, for the forward pass.
  func with(pools: Bool) -> WinogradCase {
    WinogradCase(
      convolution: WinogradConvolution(shape, pools: pools, size: convolution.size), images: images)
  }

  /// The same with one image's input replaced.
  func with(input: [Float], image: Int) -> WinogradCase {
    var images = images
    images[image] = images[image].with(input: input)
    return WinogradCase(convolution: convolution, images: images)
  }

  /// The same with one image's output gradient replaced.
  func with(outputGradient: [Float], image: Int) -> WinogradCase {
    var images = images
    images[image] = images[image].with(outputGradient: outputGradient)
    return WinogradCase(convolution: convolution, images: images)
  }

  /// The same with other weights.
  func with(weights: [Float]) -> WinogradCase {
    WinogradCase(convolution: convolution, images: images.map { $0.with(weights: weights) })
  }

  private init(convolution: WinogradConvolution, images: [ConvolutionProblem]) {
    (self.convolution, self.images) = (convolution, images)
  }

  var description: String {
    "\(images.count) of \(images[0]) in tiles of \(convolution.size)\(convolution.pools ? ", pooled" : "")"
  }

  // MARK: - Memory

  /// The number of NaNs after each image.
  static let gap = 16

  /// Images with a gap after each.
  static func withGaps(_ images: [GuardedFloats]) -> GuardedFloats {
    let gap = [Float](repeating: GuardedFloats.guardValue, count: gap)
    return GuardedFloats(images.flatMap { $0.contents + gap })
  }

  /// [component, row, column] in panels.
  func componentPanels(_ kernels: any KernelSet.Type, rows: Int, columns: Int) -> Layout {
    let panels = Layout.panels(rows, columns, width: kernels.panelWidth)
    // Components begin an odd number of cache lines apart, and the last one has as much room as the others.
    let (count, stride) = (convolution.size.componentCount, (rows * columns / 16 | 1) * 16)
    return Layout(offsets: panels.repeated(count, stride: stride).offsets, capacity: count * stride)
  }

  // MARK: - Forward

  /// The options of a forward pass.
  struct Outcome: CustomStringConvertible {
    var rectifies = false
    var hasBias = true
    var notesPlaces = false

    static func all(pools: Bool) -> [Outcome] {
      [
        Outcome(), Outcome(rectifies: true, notesPlaces: pools), Outcome(hasBias: false),
        Outcome(rectifies: true, hasBias: false),
      ]
    }

    var description: String {
      "\(rectifies ? "rectified" : "linear")\(hasBias ? "" : ", no bias")\(notesPlaces ? ", places" : "")"
    }
  }

  /// The rows and columns of a result.
  var resultSize: (height: Int, width: Int) {
    convolution.pools
      ? (shape.outputHeight / 2, shape.outputWidth / 2) : (shape.outputHeight, shape.outputWidth)
  }

  func transformedWeights(_ engine: Engine) -> GuardedFloats {
    let packed = images[0].packedWeights(engine.kernels)
    let transformed = GuardedFloats(
      componentPanels(engine.kernels, rows: shape.inputChannels, columns: shape.outputChannels))
    engine.transformWinogradWeights(convolution, weights: packed.floats, transformed: transformed.floats)
    #expect(transformed.isIntact, "transformed weights of \(self)")
    expectUntouched(packed, what: description)
    return transformed
  }

  /// Returns the outputs, with gaps between rows and images, and the places of maxima.
  func forward(
    _ engine: Engine, _ outcome: Outcome, transformed: GuardedFloats
  ) -> (output: GuardedFloats, places: [UInt8]) {
    let ((height, width), channels) = (resultSize, shape.outputChannels)
    let input = Self.withGaps(images.map(\.paddedInput))
    let weights = GuardedFloats(transformed.contents)
    let bias = GuardedFloats(images[0].bias)
    let scratch = GuardedFloats(count: convolution.scratchCount)
    let rowStride = width * channels + 16
    let outputStride = height * rowStride + 32
    let output = GuardedFloats(
      Layout.rows(height, width * channels, stride: rowStride).repeated(images.count, stride: outputStride))
    let places = GuardedBytes(count: outcome.notesPlaces ? images.count * height * width * channels : 0)
    engine.convolveWinograd(
      convolution,
      images: ImageRun(
        count: images.count, inputStride: shape.inputCount + Self.gap, outputStride: outputStride),
      input: input.floats, transformedWeights: weights.floats, bias: outcome.hasBias ? bias.floats : nil,
      scratch: scratch.floats, output: output.floats, outputRowStride: rowStride,
      rectifies: outcome.rectifies, places: outcome.notesPlaces ? places.bytes : nil)
    #expect(
      output.isIntact && scratch.isIntact && places.isIntact, "beside the results of \(self), \(outcome)")
    expectUntouched(input, weights, bias, what: "\(self), \(outcome)")
    return (output, places.values)
  }
}
