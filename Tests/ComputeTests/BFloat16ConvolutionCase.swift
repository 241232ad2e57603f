// A convolution of bfloat16 with its memory, as in a step of a network that processes several images.

import Compute
import KernelInterface

struct BFloat16ConvolutionCase {
  let engine: Engine
  let shape: ConvolutionShape
  let convolution: BFloat16Convolution
  let weights, flipped: GuardedFloats
  /// Zeros at first, as in a network.
  let input, pairs, gradient, transposed, gradientPairs, flippedPairs: FencedBFloats

  init(_ engine: Engine, _ shape: ConvolutionShape, weights values: [Float]) {
    self.engine = engine
    self.shape = shape
    convolution = BFloat16Convolution(shape)
    let width = engine.kernels.panelWidth
    weights = GuardedFloats(.panels(shape.patchLength, shape.outputChannels, width: width), values)
    flipped = GuardedFloats(
      .panels(shape.tapCount * shape.outputChannels, shape.inputChannels, width: width))
    input = .zeros(convolution.roundedCount)
    pairs = .zeros(convolution.pairCount)
    gradient = .zeros(convolution.gradientCount)
    transposed = .zeros(convolution.transposedCount)
    gradientPairs = .zeros(convolution.gradientPairCount)
    flippedPairs = .zeros(convolution.flippedPairCount)
    engine.pairWeights(convolution, weights: weights.floats, pairs: pairs.numbers)
    engine.flipWeights(shape, weights: weights.floats, flipped: flipped.floats)
    engine.pairFlippedWeights(convolution, flippedWeights: flipped.floats, pairs: flippedPairs.numbers)
  }

  var isIntact: Bool {
    [input, pairs, gradient, transposed, gradientPairs, flippedPairs].allSatisfy(\.isIntact)
      && weights.isUntouched && flipped.isIntact
  }

  /// Returns the output, with a gap of `gap` pixels between its rows.
  func forward(_ image: GuardedFloats, bias: GuardedFloats, rectifies: Bool, gap: Int = 1) -> GuardedFloats {
    let rowStride = (shape.outputWidth + gap) * shape.outputChannels
    let output = GuardedFloats(
      .rows(shape.outputHeight, shape.outputWidth * shape.outputChannels, stride: rowStride))
    engine.roundInput(convolution, input: inputMap(image), rounded: input.numbers)
    engine.convolve(
      convolution, roundedInput: input.numbers, pairedWeights: pairs.numbers, bias: bias.floats,
      output: output.floats, outputRowStride: rowStride, rectifies: rectifies)
    return output
  }

  /// The pixels of a padded input.
  private func inputMap(_ image: GuardedFloats) -> FeatureMap {
    let rowStride = shape.inputRowStride
    let origin = shape.margin * (rowStride + shape.inputChannels)
    return FeatureMap(
      Floats(rebasing: image.floats[origin...]), height: shape.inputHeight, width: shape.inputWidth,
      channels: shape.inputChannels, rowStride: rowStride, pixelStride: shape.inputChannels)
  }

  /// An output gradient with a gap between its rows.
  func gradientMap(_ gradient: GuardedFloats) -> FeatureMap {
    FeatureMap(
      gradient.floats, height: shape.outputHeight, width: shape.outputWidth, channels: shape.outputChannels,
      rowStride: gradientRowStride, pixelStride: shape.outputChannels)
  }

  var gradientRowStride: Int { (shape.outputWidth + 1) * shape.outputChannels }

  /// Returns the input gradient of the image whose output gradient was rounded last.
  func inputGradient(startingFrom start: [Float]?) -> GuardedFloats {
    let rowStride = (shape.inputWidth + 1) * shape.inputChannels
    let result = GuardedFloats(
      .rows(shape.inputHeight, shape.inputWidth * shape.inputChannels, stride: rowStride), start)
    engine.convolutionInputGradient(
      convolution, roundedGradient: gradient.numbers, flippedPairs: flippedPairs.numbers,
      inputGradient: result.floats, rowStride: rowStride, accumulates: start != nil)
    return result
  }
}
