// The weight gradient of a first convolution over the windows of the pooling after it, against the references of the
// dense gradient, which know nothing of windows.

import Compute
import KernelInterface
import Testing

@Suite struct PooledGradientTests {
  static let outputChannels = [16, 32, 48]

  /// Maps of one window and more, with and without a row and a column that no window reaches, and with every padding.
  static func shapes(inputChannels: Int) -> [ConvolutionShape] {
    let sizes = [(2, 2), (3, 2), (4, 7), (9, 5), (8, 6)]
    return (0...2).flatMap { padding in
      sizes.enumerated().map { index, size in
        ConvolutionShape(
          // With a padding of 2, two rows of output need no row of input, so the map is larger.
          inputHeight: size.0 + 2 - 2 * padding + (padding == 2 ? 2 : 0),
          inputWidth: size.1 + 2 - 2 * padding + (padding == 2 ? 2 : 0), inputChannels: inputChannels,
          outputChannels: outputChannels[(index + padding) % outputChannels.count], kernelSize: 3, stride: 1,
          padding: padding, margin: padding + index % 3)
      }
    }
  }

  @Test(arguments: InstructionSet.supported, [1, 3, 4])
  func addsToTheReference(instructionSet: InstructionSet, inputChannels: Int) {
    for shape in Self.shapes(inputChannels: inputChannels) {
      check(engine(instructionSet), ConvolutionProblem(shape), isExact: false)
    }
  }

  @Test(arguments: InstructionSet.supported, outputChannels)
  func isExactOnWholeNumbers(instructionSet: InstructionSet, outputChannels: Int) {
    let shape = ConvolutionShape(
      inputHeight: 28, inputWidth: 27, inputChannels: 3, outputChannels: outputChannels, kernelSize: 3,
      stride: 1, padding: 1)
    let problem = ConvolutionProblem(shape) { randomIntegers($0, seed: $1) }
    check(engine(instructionSet), problem, isExact: true)
  }

  /// A gradient of 0 everywhere changes no bit.
  @Test(arguments: InstructionSet.supported) func addsNothingForAGradientOfZero(
    instructionSet: InstructionSet
  ) {
    let shape = Self.shapes(inputChannels: 1)[3]
    let problem = ConvolutionProblem(shape)
    let zeros = [Float](
      repeating: 0, count: shape.outputHeight / 2 * (shape.outputWidth / 2) * shape.outputChannels)
    check(engine(instructionSet), problem, values: zeros, isExact: true)
  }

  @Test func appliesOnlyToImagesBeforeAPooling() {
    func shape(channels: Int, kernelSize: Int = 3, stride: Int = 1) -> ConvolutionShape {
      ConvolutionShape(
        inputHeight: 12, inputWidth: 12, inputChannels: channels, outputChannels: 16, kernelSize: kernelSize,
        stride: stride, padding: 1)
    }
    #expect(shape(channels: 1).hasPooledGradient(poolSize: 2, poolStride: 2))
    #expect(shape(channels: 17).hasPooledGradient(poolSize: 2, poolStride: 2))
    #expect(!shape(channels: 16).hasPooledGradient(poolSize: 2, poolStride: 2))
    #expect(!shape(channels: 1, kernelSize: 5).hasPooledGradient(poolSize: 2, poolStride: 2))
    #expect(!shape(channels: 1, stride: 2).hasPooledGradient(poolSize: 2, poolStride: 2))
    #expect(!shape(channels: 1).hasPooledGradient(poolSize: 3, poolStride: 2))
    #expect(!shape(channels: 1).hasPooledGradient(poolSize: 2, poolStride: 3))
  }

  /// `values` is the pooled gradient. Its rows have gaps between them, like those of a map with a margin.
  private func check(
    _ engine: Engine, _ problem: ConvolutionProblem, values given: [Float]? = nil, isExact: Bool
  ) {
    let shape = problem.shape
    let pool = PoolingShape(
      outHeight: shape.outputHeight / 2, outWidth: shape.outputWidth / 2, channels: shape.outputChannels,
      size: 2, stride: 2)
    let what = problem.description
    let values =
      given
      ?? (isExact ? randomIntegers(pool.outputCount, seed: 7) : randomFloats(pool.outputCount, seed: 7))
    let rowStride = pool.outWidth * pool.channels + 48
    let gradient = GuardedFloats(
      .rows(pool.outHeight, pool.outWidth * pool.channels, stride: rowStride), values)
    let places = GuardedBytes(randomBytes(pool.outputCount, seed: 8, below: 4))
    let input = problem.paddedInput
    let weightStart = randomIntegers(shape.weightCount, seed: 5)
    let biasStart = randomIntegers(shape.outputChannels, seed: 6)
    let weightGradient = GuardedFloats(
      .panels(shape.patchLength, shape.outputChannels, width: engine.kernels.panelWidth), weightStart)
    let biasGradient = GuardedFloats(biasStart)
    engine.addPooledWeightGradient(
      shape,
      pooled: PooledGradient(
        gradient: gradient.floats, places: places.bytes, height: pool.outHeight, width: pool.outWidth,
        rowStride: rowStride, poolSize: 2, poolStride: 2),
      input: input.floats, weightGradient: weightGradient.floats, biasGradient: biasGradient.floats)

    var weights = referenceWeightGradient(
      shape, input: problem.input, outputGradient: dense(shape, pool, values, places.values),
      startingFrom: weightStart)
    var bias = referenceRowSum(
      values, rowCount: pool.outHeight * pool.outWidth, startingFrom: biasStart)
    if isExact { (weights, bias) = (weights.exact, bias.exact) }
    expect(weightGradient, equals: weights, "weight gradient, \(what)")
    expect(biasGradient, equals: bias, "bias gradient, \(what)")
    expectUntouched(gradient, input, what: what)
    #expect(places.isIntact)
  }

  /// The gradient of the convolution's own output: that of each window at the place of its maximum, and 0 elsewhere.
  private func dense(
    _ shape: ConvolutionShape, _ pool: PoolingShape, _ values: [Float], _ places: [UInt8]
  ) -> [Float] {
    var result = [Float](repeating: 0, count: shape.outputHeight * shape.outputWidth * shape.outputChannels)
    for (index, value) in values.enumerated() {
      let (window, channel) = (index / pool.channels, index % pool.channels)
      let place = Int(places[index])
      let y = 2 * (window / pool.outWidth) + place / 2
      let x = 2 * (window % pool.outWidth) + place % 2
      result[(y * shape.outputWidth + x) * shape.outputChannels + channel] = value
    }
    return result
  }
}
