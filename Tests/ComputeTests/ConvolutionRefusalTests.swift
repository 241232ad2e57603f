// Invalid shapes and too little memory are refused before any kernel runs: depthwise convolutions, and sizes that are
// not a convolution. WinogradRefusalTests covers Winograd's, and RefusalTests the others.

import Compute
import Testing

@Suite struct ConvolutionRefusalTests {
  @Test func sizesThatAreNotAConvolutionAreRefused() async {
    await #expect(processExitsWith: .failure) { _ = shape(padding: 3, margin: nil) }
    await #expect(processExitsWith: .failure) { _ = shape(padding: 1, margin: 0) }
    await #expect(processExitsWith: .failure) { _ = shape(padding: -1, margin: nil) }
    await #expect(processExitsWith: .failure) { _ = shape(padding: 1, margin: nil, groups: 4) }
    await #expect(processExitsWith: .failure) { _ = shape(padding: 1, margin: nil, groups: 0) }
    // Five rows, and a kernel that spans seven.
    await #expect(processExitsWith: .failure) { _ = shape(padding: 0, margin: nil, dilation: 3) }
  }

  @Test func aDepthwiseConvolutionThatDoesNotFitIsRefused() async {
    await #expect(processExitsWith: .failure) { DepthwiseCall(missingInput: 1).run() }
    await #expect(processExitsWith: .failure) { DepthwiseCall(missingWeights: 1).run() }
    await #expect(processExitsWith: .failure) { DepthwiseCall(missingBias: 1).run() }
    await #expect(processExitsWith: .failure) { DepthwiseCall(missingOutput: 1).run() }
    await #expect(processExitsWith: .failure) { DepthwiseCall(missingGradient: 1).run() }
    await #expect(processExitsWith: .failure) { DepthwiseCall(channels: 24).run() }
    await #expect(processExitsWith: .failure) { DepthwiseCall(rowGap: -1).run() }
  }

  /// The processes above end for the reason given, since valid calls succeed.
  @Test func validCallsAreNotRefused() async {
    await #expect(processExitsWith: .success) {
      _ = shape(padding: 2, margin: 3, groups: 2)
      _ = shape(padding: 1, margin: nil, dilation: 3)
      DepthwiseCall().run()
    }
  }
}

private func shape(padding: Int, margin: Int?, dilation: Int = 1, groups: Int = 1) -> ConvolutionShape {
  ConvolutionShape(
    inputHeight: 5, inputWidth: 5, inputChannels: 32, outputChannels: 32, kernelHeight: 3, kernelWidth: 3,
    dilation: dilation, paddingHeight: padding, paddingWidth: padding, margin: margin, groups: groups)
}

/// All passes, in memory that is short by the `missing…` counts.
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
    // A buffer that is not used again may be freed before the call.
    withExtendedLifetime((input, weights, bias, output, gradient)) {}
  }
}
