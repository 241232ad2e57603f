// Broken shapes and memory that is too small are refused before any kernel runs: the gradients of Winograd's convolution,
// depthwise convolutions, and sizes that are no convolution. The others are in RefusalTests.

import Compute
import Testing

@Suite struct ConvolutionRefusalTests {
  @Test func sizesThatAreNoConvolution() async {
    await #expect(processExitsWith: .failure) { _ = shape(padding: 3, margin: nil) }
    await #expect(processExitsWith: .failure) { _ = shape(padding: 1, margin: 0) }
    await #expect(processExitsWith: .failure) { _ = shape(padding: -1, margin: nil) }
    await #expect(processExitsWith: .failure) { _ = shape(padding: 1, margin: nil, groups: 4) }
    await #expect(processExitsWith: .failure) { _ = shape(padding: 1, margin: nil, groups: 0) }
    // Five rows, and a kernel that reaches over seven.
    await #expect(processExitsWith: .failure) { _ = shape(padding: 0, margin: nil, dilation: 3) }
  }

  @Test func aWinogradWeightGradientThatDoesNotFit() async {
    await #expect(processExitsWith: .failure) { WeightGradientCall(missingInput: 1).run() }
    await #expect(processExitsWith: .failure) { WeightGradientCall(missingGradient: 1).run() }
    await #expect(processExitsWith: .failure) { WeightGradientCall(missingSums: 1).run() }
    await #expect(processExitsWith: .failure) { WeightGradientCall(missingBias: 1).run() }
    await #expect(processExitsWith: .failure) { WeightGradientCall(missingScratch: 1).run() }
    await #expect(processExitsWith: .failure) { WeightGradientCall(missingWeights: 1).run() }
    await #expect(processExitsWith: .failure) { WeightGradientCall(stride: 2).run() }
  }

  @Test func aWinogradInputGradientThatDoesNotFit() async {
    await #expect(processExitsWith: .failure) { InputGradientCall(missingGradient: 1).run() }
    await #expect(processExitsWith: .failure) { InputGradientCall(missingWeights: 1).run() }
    await #expect(processExitsWith: .failure) { InputGradientCall(missingScratch: 1).run() }
    await #expect(processExitsWith: .failure) { InputGradientCall(missingResult: 1).run() }
    await #expect(processExitsWith: .failure) { InputGradientCall(rowGap: -1).run() }
    await #expect(processExitsWith: .failure) { InputGradientCall(isSpread: false).run() }
  }

  @Test func aDepthwiseConvolutionThatDoesNotFit() async {
    await #expect(processExitsWith: .failure) { DepthwiseCall(missingInput: 1).run() }
    await #expect(processExitsWith: .failure) { DepthwiseCall(missingWeights: 1).run() }
    await #expect(processExitsWith: .failure) { DepthwiseCall(missingBias: 1).run() }
    await #expect(processExitsWith: .failure) { DepthwiseCall(missingOutput: 1).run() }
    await #expect(processExitsWith: .failure) { DepthwiseCall(missingGradient: 1).run() }
    await #expect(processExitsWith: .failure) { DepthwiseCall(channels: 24).run() }
    await #expect(processExitsWith: .failure) { DepthwiseCall(rowGap: -1).run() }
  }

  /// Shows that the processes above end for the reason given.
  @Test func nothingElse() async {
    await #expect(processExitsWith: .success) {
      _ = shape(padding: 2, margin: 3, groups: 2)
      _ = shape(padding: 1, margin: nil, dilation: 3)
      WeightGradientCall().run()
      InputGradientCall().run()
      DepthwiseCall().run()
    }
  }
}

private func shape(padding: Int, margin: Int?, dilation: Int = 1, groups: Int = 1) -> ConvolutionShape {
  ConvolutionShape(
    inputHeight: 5, inputWidth: 5, inputChannels: 32, outputChannels: 32, kernelHeight: 3, kernelWidth: 3,
    dilation: dilation, paddingHeight: padding, paddingWidth: padding, margin: margin, groups: groups)
}

/// Two images, in memory as large as it must be but for what is missing.
private struct WeightGradientCall {
  var missingInput = 0
  var missingGradient = 0
  var missingSums = 0
  var missingBias = 0
  var missingScratch = 0
  var missingWeights = 0
  var stride = 1

  func run() {
    let shape = ConvolutionShape(
      inputHeight: 9, inputWidth: 8, inputChannels: 16, outputChannels: 32, kernelSize: 3, stride: stride,
      padding: 1)
    let map = GradientMap(shape, forInputGradient: false)
    let input = FloatBuffer(count: 2 * shape.inputCount - missingInput)
    let gradient = FloatBuffer(count: 2 * map.count - missingGradient)
    let sums = FloatBuffer(count: shape.winogradSumCount - missingSums)
    let biasGradient = FloatBuffer(count: 32 - missingBias)
    let scratch = FloatBuffer(count: shape.winogradGradientScratchCount(imageCount: 2) - missingScratch)
    let weightGradient = FloatBuffer(count: shape.weightCount - missingWeights)
    engine(.baseline).addWinogradWeightGradient(
      shape, images: ImageRun(count: 2, inputStride: shape.inputCount, gradientStride: map.count),
      input: input.floats, outputGradient: gradient.floats, map: map, transformedSums: sums.floats,
      biasGradient: biasGradient.floats, scratch: scratch.floats)
    engine(.baseline).winogradWeightGradient(
      shape, transformedSums: sums.floats, weightGradient: weightGradient.floats)
  }
}

/// Likewise.
private struct InputGradientCall {
  var missingGradient = 0
  var missingWeights = 0
  var missingScratch = 0
  var missingResult = 0
  var rowGap = 16
  var isSpread = true

  func run() {
    let shape = ConvolutionShape(
      inputHeight: 9, inputWidth: 8, inputChannels: 16, outputChannels: 32, kernelSize: 3, stride: 1,
      padding: 1)
    let turned = shape.inputGradientShape
    let map = GradientMap(shape, forInputGradient: isSpread)
    let gradient = FloatBuffer(count: turned.inputCount - missingGradient)
    let weights = FloatBuffer(count: turned.winogradWeightCount - missingWeights)
    let scratch = FloatBuffer(count: turned.winogradScratchCount - missingScratch)
    let rowStride = 8 * 16 + rowGap
    let result = FloatBuffer(count: 8 * rowStride + 8 * 16 - missingResult)
    engine(.baseline).winogradInputGradient(
      shape, outputGradient: gradient.floats, map: map, transformedWeights: weights.floats,
      scratch: scratch.floats, inputGradient: result.floats, rowStride: rowStride)
  }
}

/// Likewise, all passes.
private struct DepthwiseCall {
  var missingInput = 0
  var missingWeights = 0
  var missingBias = 0
  var missingOutput = 0
  var missingGradient = 0
  var channels = 32
  var rowGap = 16

  func run() {
    let engine = engine(.baseline)
    let shape = DepthwiseShape(
      inputHeight: 6, inputWidth: 7, channels: channels, kernelHeight: 3, kernelWidth: 3, paddingHeight: 1,
      paddingWidth: 1)
    let map = GradientMap(shape.maps, forInputGradient: true)
    let input = FloatBuffer(count: shape.maps.inputCount - missingInput)
    let weights = FloatBuffer(count: shape.weightCount - missingWeights)
    let bias = FloatBuffer(count: channels - missingBias)
    let rowStride = 7 * channels + rowGap
    let output = FloatBuffer(count: 5 * rowStride + 7 * channels - missingOutput)
    let gradient = FloatBuffer(count: map.count - missingGradient)
    engine.convolveDepthwise(
      shape, input: input.floats, weights: weights.floats, bias: bias.floats, rows: 0..<6,
      output: output.floats, outputRowStride: rowStride, rectifies: false)
    engine.addDepthwiseWeightGradient(
      shape, input: input.floats, outputGradient: gradient.floats, map: map, weightGradient: weights.floats,
      biasGradient: bias.floats)
    engine.depthwiseInputGradient(
      shape, outputGradient: gradient.floats, map: map, weights: weights.floats, inputGradient: output.floats,
      rowStride: rowStride)
  }
}
