// Convolutions of several small maps together give the same numbers as those of one map at a time, if sums are exact.

import Compute
import KernelInterface
import Testing

@Suite struct GatheredConvolutionTests {
  /// Maps of 1 to 20 pixels, with and without padding and wider margins, and a kernel that is not square.
  static let shapes = [
    ConvolutionShape(
      inputHeight: 3, inputWidth: 3, inputChannels: 32, outputChannels: 48, kernelSize: 3, stride: 1,
      padding: 1),
    ConvolutionShape(
      inputHeight: 1, inputWidth: 1, inputChannels: 16, outputChannels: 16, kernelSize: 3, stride: 1,
      padding: 1,
      margin: 2),
    ConvolutionShape(
      inputHeight: 4, inputWidth: 5, inputChannels: 16, outputChannels: 32, kernelHeight: 2, kernelWidth: 4,
      paddingHeight: 0, paddingWidth: 1, margin: 1),
  ]

  @Test(arguments: InstructionSet.supported, shapes)
  func patchesTimesWeightsAreTheConvolution(instructionSet: InstructionSet, shape: ConvolutionShape) {
    let engine = engine(instructionSet)
    let weights = GuardedFloats(randomIntegers(shape.weightCount, seed: 1))
    let bias = GuardedFloats(randomIntegers(shape.outputChannels, seed: 2))
    let (imageCount, rowCount) = (3, shape.outputPixels * shape.outputChannels)
    let patches = GuardedFloats(count: imageCount * shape.outputPixels * shape.patchLength)
    let rows = GuardedFloats(count: imageCount * rowCount)
    var expected: [Float] = []
    for image in 0..<imageCount {
      let input = GuardedFloats(randomIntegers(shape.inputCount, seed: 10 + image))
      let output = GuardedFloats(count: rowCount)
      engine.gatherPatches(
        shape, input: input.floats,
        patches: patches.floats.from(image * shape.outputPixels * shape.patchLength))
      engine.convolve(
        shape, input: input.floats, weights: weights.floats, bias: bias.floats, rows: 0..<shape.outputHeight,
        output: output.floats, outputRowStride: shape.outputWidth * shape.outputChannels, rectifies: true)
      expected += output.values
      expectUntouched(input, what: "input")
    }
    engine.convolveGathered(
      shape, pixelCount: imageCount * shape.outputPixels, patches: patches.floats, weights: weights.floats,
      bias: bias.floats, output: rows.floats, rectifies: true)
    #expect(rows.values == expected)
    expectUntouched(weights, bias, what: "weights")
    #expect(patches.isIntact)
  }

  @Test(arguments: InstructionSet.supported, shapes)
  func gradientsAreThoseOfSingleMaps(instructionSet: InstructionSet, shape: ConvolutionShape) {
    let engine = engine(instructionSet)
    let map = GradientMap(shape, forInputGradient: true)
    let weights = GuardedFloats(randomIntegers(shape.weightCount, seed: 1))
    let flipped = GuardedFloats(count: shape.flippedWeightCount)
    engine.flipWeights(shape, weights: weights.floats, flipped: flipped.floats)
    let imageCount = 2
    let patches = GuardedFloats(count: imageCount * shape.outputPixels * shape.patchLength)
    let gradientPatches = GuardedFloats(count: imageCount * shape.inputPixels * shape.gradientPatchLength)
    var rows: [Float] = []
    let (expectedSums, expectedBias) = (
      GuardedFloats([Float](repeating: 1, count: shape.weightCount)),
      GuardedFloats([Float](repeating: 2, count: shape.outputChannels))
    )
    var expectedInput: [Float] = []
    for image in 0..<imageCount {
      let input = GuardedFloats(randomIntegers(shape.inputCount, seed: 10 + image))
      let spread = GuardedFloats([Float](repeating: 0, count: map.count))
      let own = randomIntegers(shape.outputPixels * shape.outputChannels, seed: 20 + image)
      for (index, value) in own.enumerated() {
        let (pixel, channel) = index.quotientAndRemainder(dividingBy: shape.outputChannels)
        let (y, x) = pixel.quotientAndRemainder(dividingBy: shape.outputWidth)
        spread.floats[map.origin + y * map.lineStride + x * map.pixelStride + channel] = value
      }
      rows += own
      engine.gatherPatches(
        shape, input: input.floats,
        patches: patches.floats.from(image * shape.outputPixels * shape.patchLength))
      engine.gatherGradientPatches(
        shape, outputGradient: spread.floats, map: map,
        patches: gradientPatches.floats.from(image * shape.inputPixels * shape.gradientPatchLength))
      engine.addConvolutionWeightGradient(
        shape, input: input.floats, outputGradient: spread.floats, map: map,
        weightGradient: expectedSums.floats, biasGradient: expectedBias.floats)
      let inputGradient = GuardedFloats(count: shape.inputPixels * shape.inputChannels)
      engine.convolutionInputGradient(
        shape, outputGradient: spread.floats, map: map, flippedWeights: flipped.floats,
        inputGradient: inputGradient.floats, rowStride: shape.inputWidth * shape.inputChannels)
      expectedInput += inputGradient.values
      expectUntouched(input, what: "input")
      #expect(spread.isIntact)
    }
    let sums = GuardedFloats([Float](repeating: 1, count: shape.weightCount))
    let bias = GuardedFloats([Float](repeating: 2, count: shape.outputChannels))
    let gradient = GuardedFloats(rows)
    engine.addGatheredWeightGradient(
      shape, pixelCount: imageCount * shape.outputPixels, patches: patches.floats,
      outputGradient: gradient.floats, weightGradient: sums.floats, biasGradient: bias.floats)
    #expect(sums.values == expectedSums.values)
    #expect(bias.values == expectedBias.values)
    let result = GuardedFloats(count: imageCount * shape.inputPixels * shape.inputChannels)
    engine.gatheredInputGradient(
      shape, pixelCount: imageCount * shape.inputPixels, patches: gradientPatches.floats,
      flippedWeights: flipped.floats, inputGradient: result.floats)
    #expect(result.values == expectedInput)
    expectUntouched(weights, gradient, what: "weights and output gradient")
    #expect(flipped.isIntact && patches.isIntact && gradientPatches.isIntact)
  }
}
