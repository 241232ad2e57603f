// Invalid shapes and too little memory are refused before any kernel of Winograd's convolution runs.

import Compute
import KernelInterface
import Testing

@Suite struct WinogradRefusalTests {
  @Test func otherConvolutionsAreRefused() async {
    await #expect(processExitsWith: .failure) { _ = WinogradConvolution(shape(kernelSize: 5)) }
    await #expect(processExitsWith: .failure) { _ = WinogradConvolution(shape(inputChannels: 3)) }
    // Windows of 2 × 2 do not fill tiles of three.
    await #expect(processExitsWith: .failure) {
      _ = WinogradConvolution(shape(), pools: true, size: .three)
    }
  }

  @Test func tooLittleMemoryForTheForwardPassIsRefused() async {
    await #expect(processExitsWith: .failure) { ForwardCall(missingInput: 1).run() }
    await #expect(processExitsWith: .failure) { ForwardCall(missingWeights: 1).run() }
    await #expect(processExitsWith: .failure) { ForwardCall(missingBias: 1).run() }
    await #expect(processExitsWith: .failure) { ForwardCall(missingScratch: 1).run() }
    await #expect(processExitsWith: .failure) { ForwardCall(missingOutput: 1).run() }
    await #expect(processExitsWith: .failure) { ForwardCall(missingPlaces: 1).run() }
  }

  @Test func noImagesOverlappingRowsAndPlacesWithoutPoolingAreRefused() async {
    await #expect(processExitsWith: .failure) { ForwardCall(images: 0).run() }
    await #expect(processExitsWith: .failure) { ForwardCall(rowGap: -1).run() }
    await #expect(processExitsWith: .failure) { ForwardCall(pools: false).run() }
  }

  @Test func weightsThatDoNotFitAreRefused() async {
    await #expect(processExitsWith: .failure) { WeightsCall(missingWeights: 1).run() }
    await #expect(processExitsWith: .failure) { WeightsCall(missingTransformed: 1).run() }
    await #expect(processExitsWith: .failure) { WeightsCall(missingFlipped: 1).run() }
    await #expect(processExitsWith: .failure) { WeightsCall(missingTransposed: 1).run() }
    await #expect(processExitsWith: .failure) { WeightsCall(morePanels: 1).run() }
    await #expect(processExitsWith: .failure) { WeightsCall(moreTransposedPanels: 1).run() }
  }

  @Test func gradientsWhoseTransformsDoNotFitAreRefused() async {
    await #expect(processExitsWith: .failure) { GradientCall(missingBlock: 1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(missingInput: 1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(missingGradient: 1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(missingPlaces: 1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(gradientRowGap: -1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(image: 2).run() }
    await #expect(processExitsWith: .failure) { GradientCall(image: -1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(pools: false).run() }
  }

  @Test func gradientsThatDoNotFitAreRefused() async {
    await #expect(processExitsWith: .failure) { GradientCall(missingTransposed: 1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(missingScratch: 1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(missingResult: 1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(rowGap: -1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(firstImage: 1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(firstImage: -1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(component: 36).run() }
    await #expect(processExitsWith: .failure) { GradientCall(component: -1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(missingSums: 1).run() }
    await #expect(processExitsWith: .failure) { GradientCall(missingWeights: 1).run() }
  }

  /// The processes above end for the reason given, since valid calls succeed.
  @Test func validCallsAreNotRefused() async {
    await #expect(processExitsWith: .success) {
      ForwardCall().run()
      WeightsCall().run()
      GradientCall().run()
    }
  }
}

private func shape(kernelSize: Int = 3, inputChannels: Int = 16) -> ConvolutionShape {
  ConvolutionShape(
    inputHeight: 9, inputWidth: 8, inputChannels: inputChannels, outputChannels: 32, kernelSize: kernelSize,
    stride: 1, padding: 1)
}

/// Two images with a pooling, in memory that is short by the `missing…` counts.
private struct ForwardCall {
  var images = 2
  var pools = true
  var rowGap = 16
  var missingInput = 0
  var missingWeights = 0
  var missingBias = 0
  var missingScratch = 0
  var missingOutput = 0
  var missingPlaces = 0

  func run() {
    let shape = shape()
    let convolution = WinogradConvolution(shape, pools: pools, size: .four)
    let (height, width) = pools ? (4, 4) : (9, 8)
    let rowStride = width * 32 + rowGap
    let outputStride = height * rowStride
    let places = GuardedBytes(count: 2 * height * width * 32 - missingPlaces)
    let input = FloatBuffer(count: 2 * shape.inputCount - missingInput)
    let weights = FloatBuffer(count: convolution.weightCount - missingWeights)
    let bias = FloatBuffer(count: 32 - missingBias)
    let scratch = FloatBuffer(count: convolution.scratchCount - missingScratch)
    let output = FloatBuffer(
      count: outputStride + (height - 1) * rowStride + width * 32 - missingOutput)
    engine(.baseline).convolveWinograd(
      convolution,
      images: ImageRun(count: images, inputStride: shape.inputCount, outputStride: outputStride),
      input: input.floats, transformedWeights: weights.floats, bias: bias.floats, scratch: scratch.floats,
      output: output.floats, outputRowStride: rowStride, rectifies: true, places: places.bytes)
    // A buffer that is not used again may be freed before the call.
    withExtendedLifetime((places, input, weights, bias, scratch, output)) {}
  }
}

/// Both transforms of weights, likewise.
private struct WeightsCall {
  var missingWeights = 0
  var missingTransformed = 0
  var missingFlipped = 0
  var missingTransposed = 0
  var morePanels = 0
  var moreTransposedPanels = 0

  func run() {
    let (shape, engine) = (shape(), engine(.baseline))
    let convolution = WinogradConvolution(shape)
    let weights = FloatBuffer(count: shape.weightCount - missingWeights)
    let transformed = FloatBuffer(count: convolution.weightCount - missingTransformed)
    let flipped = FloatBuffer(count: shape.flippedWeightCount - missingFlipped)
    let transposed = FloatBuffer(count: convolution.weightCount - missingTransposed)
    engine.transformWinogradWeights(
      convolution, panels: 0..<engine.panelCount(32) + morePanels, weights: weights.floats,
      transformed: transformed.floats)
    engine.transposeWinogradWeights(
      convolution, panels: 0..<engine.panelCount(16) + moreTransposedPanels, flippedWeights: flipped.floats,
      transposed: transposed.floats)
    withExtendedLifetime((weights, transformed, flipped, transposed)) {}
  }
}

/// A block of two images with a pooling, likewise.
private struct GradientCall {
  var pools = true
  var image = 1
  var firstImage = 0
  var component = 35
  var gradientRowGap = 16
  var rowGap = 16
  var missingBlock = 0
  var missingInput = 0
  var missingGradient = 0
  var missingPlaces = 0
  var missingTransposed = 0
  var missingScratch = 0
  var missingResult = 0
  var missingSums = 0
  var missingWeights = 0

  func run() {
    let (shape, engine) = (shape(), engine(.baseline))
    let convolution = WinogradConvolution(shape, pools: pools, size: .four)
    let memory = FloatBuffer(count: convolution.gradientTileCount(imageCount: 2) - missingBlock)
    let block = WinogradGradientBlock(convolution, imageCount: 2, memory: memory.floats)
    let (height, width) = pools ? (4, 4) : (9, 8)
    let gradientRowStride = width * 32 + gradientRowGap
    let input = FloatBuffer(count: shape.inputCount - missingInput)
    let gradient = FloatBuffer(count: (height - 1) * gradientRowStride + width * 32 - missingGradient)
    let places = GuardedBytes([UInt8](repeating: 0, count: height * width * 32 - missingPlaces))
    engine.transformWinogradGradient(
      block, image: image, input: input.floats, outputGradient: gradient.floats,
      gradientRowStride: gradientRowStride, places: places.bytes)
    addGradients(engine, block, convolution)
    withExtendedLifetime((memory, input, gradient, places)) {}
  }

  private func addGradients(
    _ engine: Engine, _ block: WinogradGradientBlock, _ convolution: WinogradConvolution
  ) {
    let rowStride = 8 * 16 + rowGap
    let stride = 9 * rowStride
    let transposed = FloatBuffer(count: convolution.weightCount - missingTransposed)
    let scratch = FloatBuffer(count: convolution.inputGradientScratchCount - missingScratch)
    let result = FloatBuffer(count: stride + 8 * rowStride + 8 * 16 - missingResult)
    let sums = FloatBuffer(count: convolution.sumCount - missingSums)
    let weightGradient = FloatBuffer(count: convolution.shape.weightCount - missingWeights)
    engine.winogradInputGradient(
      block, firstImage: firstImage, images: ImageRun(count: 2, inputStride: stride, outputStride: 0),
      transposedWeights: transposed.floats, scratch: scratch.floats, inputGradient: result.floats,
      rowStride: rowStride, accumulates: false)
    engine.sumWinogradProducts(block, component: component, sums: sums.floats, accumulates: false)
    engine.winogradWeightGradient(convolution, sums: sums.floats, weightGradient: weightGradient.floats)
    withExtendedLifetime((transposed, scratch, result, sums, weightGradient)) {}
  }
}
