// The convolution's two gradients, and the flipped kernel and the spread gradient that one of them needs.

import Compute
import KernelInterface
import Testing

@Suite struct ConvolutionGradientTests {
  /// Only the first layer reads the channels of an image, and only it has no input gradient.
  static let imageChannels = [1, 3, 16, 32, 48]
  static let innerChannels = [16, 32, 48]

  @Test(arguments: InstructionSet.supported, [1, 3, 5, 7])
  func weightGradientMatchesTheReferenceInEveryGeometry(instructionSet: InstructionSet, kernelSize: Int) {
    for shape in ConvolutionProblem.geometries(kernelSize: kernelSize, inputChannels: Self.imageChannels) {
      checkWeightGradient(engine(instructionSet), ConvolutionProblem(shape))
    }
  }

  @Test(arguments: InstructionSet.supported)
  func weightGradientMatchesTheReferenceForAllChannelsAndWidths(instructionSet: InstructionSet) {
    for shape in ConvolutionProblem.channelsAndWidths(inputChannels: Self.imageChannels) {
      checkWeightGradient(engine(instructionSet), ConvolutionProblem(shape))
    }
  }

  @Test(arguments: InstructionSet.supported, [1, 3, 5, 7])
  func inputGradientMatchesTheReferenceInEveryGeometry(instructionSet: InstructionSet, kernelSize: Int) {
    for shape in ConvolutionProblem.geometries(kernelSize: kernelSize, inputChannels: Self.innerChannels) {
      checkInputGradient(engine(instructionSet), ConvolutionProblem(shape))
    }
  }

  @Test(arguments: InstructionSet.supported)
  func inputGradientMatchesTheReferenceForAllChannelsAndWidths(instructionSet: InstructionSet) {
    for shape in ConvolutionProblem.channelsAndWidths(inputChannels: Self.innerChannels) {
      checkInputGradient(engine(instructionSet), ConvolutionProblem(shape))
    }
  }

  @Test(arguments: InstructionSet.supported)
  func gradientsMatchTheReferenceWithUnevenKernelsAndMargins(instructionSet: InstructionSet) {
    for shape in ConvolutionProblem.unevenGeometries(inputChannels: Self.imageChannels) {
      checkWeightGradient(engine(instructionSet), ConvolutionProblem(shape))
    }
    for shape in ConvolutionProblem.unevenGeometries(inputChannels: Self.innerChannels) {
      for accumulates in [false, true] {
        checkInputGradient(engine(instructionSet), ConvolutionProblem(shape), accumulates: accumulates)
      }
    }
  }

  @Test(arguments: InstructionSet.supported)
  func gradientsOfASingleTapMatchTheReferenceAcrossRows(instructionSet: InstructionSet) {
    for width in rowCountsAroundTiles where width >= 1 {
      let shape = ConvolutionShape(
        inputHeight: 3, inputWidth: width, inputChannels: 32, outputChannels: 48, kernelHeight: 1,
        kernelWidth: 1)
      let problem = ConvolutionProblem(shape)
      checkWeightGradient(engine(instructionSet), problem)
      for accumulates in [false, true] {
        checkInputGradient(engine(instructionSet), problem, gap: 0, accumulates: accumulates)
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func gradientsAreExactOnWholeNumbers(
    instructionSet: InstructionSet
  ) {
    let shape = ConvolutionShape(
      inputHeight: 11, inputWidth: 13, inputChannels: 48, outputChannels: 48, kernelSize: 5, stride: 2,
      padding: 3)
    let problem = ConvolutionProblem(shape) { randomIntegers($0, seed: $1) }
    checkWeightGradient(engine(instructionSet), problem, isExact: true)
    for accumulates in [false, true] {
      checkInputGradient(engine(instructionSet), problem, isExact: true, accumulates: accumulates)
    }
  }

  @Test(arguments: InstructionSet.supported, [1, 9, 25])
  func flippedKernelHasTapsReversedAndChannelsExchanged(instructionSet: InstructionSet, tapCount: Int) {
    let kernels = instructionSet.kernels
    for inputs in [16, 32, 48, 80] {
      for outputs in [16, 32, 48, 80] {
        let what = "\(tapCount) taps, \(inputs) → \(outputs)"
        let weights = randomFloats(tapCount * inputs * outputs, seed: 1)
        let packed = GuardedFloats(.panels(tapCount * inputs, outputs, width: kernels.panelWidth), weights)
        let flipped = GuardedFloats(.panels(tapCount * outputs, inputs, width: kernels.panelWidth))
        kernels.flipKernel(
          KernelFlip(
            tapCount: tapCount, inputChannels: inputs, outputChannels: outputs,
            panels: 0..<(inputs + kernels.panelWidth - 1) / kernels.panelWidth,
            packed: packed.floats.baseAddress!,
            flipped: flipped.floats.baseAddress!))
        let expected = referenceFlip(
          weights, tapCount: tapCount, inputChannels: inputs, outputChannels: outputs)
        expect(flipped, equals: Expected(exactly: expected), what)
        expectUntouched(packed, what: what)
      }
    }
  }

  @Test func gradientMapGivesThePlaceOfEachPixel() {
    for shape in ConvolutionProblem.geometries(kernelSize: 5, inputChannels: [16])
      + ConvolutionProblem.unevenGeometries(inputChannels: [16])
    {
      let map = GradientMap(shape, forInputGradient: true)
      let gradient = ConvolutionProblem(shape).spreadOutputGradient
      #expect(map.count == gradient.floats.count)
      var values: [Float] = []
      for v in 0..<shape.outputHeight {
        for u in 0..<shape.outputWidth {
          let start = map.origin + v * map.lineStride + u * map.pixelStride
          values += gradient.floats[start..<start + shape.outputChannels]
        }
      }
      #expect(values == gradient.values)
    }
  }

  private func checkWeightGradient(_ engine: Engine, _ problem: ConvolutionProblem, isExact: Bool = false) {
    let shape = problem.shape
    let weightStart = randomIntegers(shape.weightCount, seed: 5)
    let biasStart = randomIntegers(shape.outputChannels, seed: 6)
    var weights = referenceWeightGradient(
      shape, input: problem.input, outputGradient: problem.outputGradient, startingFrom: weightStart)
    if isExact { weights = weights.exact }
    let bias = referenceRowSum(
      problem.outputGradient, rowCount: shape.outputHeight * shape.outputWidth, startingFrom: biasStart)
    for forInputGradient in [false, true] {
      let what = "\(problem), output gradient \(forInputGradient ? "spread" : "dense")"
      let input = problem.paddedInput
      let gradient = forInputGradient ? problem.spreadOutputGradient : GuardedFloats(problem.outputGradient)
      let weightGradient = GuardedFloats(
        .panels(shape.patchLength, shape.outputChannels, width: engine.kernels.panelWidth), weightStart)
      let biasGradient = GuardedFloats(biasStart)
      engine.addConvolutionWeightGradient(
        shape, input: input.floats, outputGradient: gradient.floats,
        map: GradientMap(shape, forInputGradient: forInputGradient), weightGradient: weightGradient.floats,
        biasGradient: biasGradient.floats)
      expect(weightGradient, equals: weights, what)
      expect(biasGradient, equals: bias, what)
      expectUntouched(input, gradient, what: what)
    }
  }

  /// Rows of the input gradient have a gap of `gap` pixels between them, as in a map with a margin.
  private func checkInputGradient(
    _ engine: Engine, _ problem: ConvolutionProblem, isExact: Bool = false, gap: Int = 1,
    accumulates: Bool = false
  ) {
    let shape = problem.shape
    let what = problem.description
    let weights = problem.packedWeights(engine.kernels)
    let taps = shape.tapCount
    let flipped = GuardedFloats(
      .panels(taps * shape.outputChannels, shape.inputChannels, width: engine.kernels.panelWidth))
    engine.flipWeights(shape, weights: weights.floats, flipped: flipped.floats)
    let flippedReference = referenceFlip(
      problem.weights, tapCount: taps, inputChannels: shape.inputChannels,
      outputChannels: shape.outputChannels)
    expect(flipped, equals: Expected(exactly: flippedReference), "the flipped kernel of \(what)")
    let gradient = problem.spreadOutputGradient
    let rowStride = (shape.inputWidth + gap) * shape.inputChannels
    let start =
      accumulates ? randomIntegers(shape.inputHeight * shape.inputWidth * shape.inputChannels, seed: 9) : nil
    let inputGradient = GuardedFloats(
      .rows(shape.inputHeight, shape.inputWidth * shape.inputChannels, stride: rowStride), start)
    engine.convolutionInputGradient(
      shape, outputGradient: gradient.floats, map: GradientMap(shape, forInputGradient: true),
      flippedWeights: flipped.floats, inputGradient: inputGradient.floats, rowStride: rowStride,
      accumulates: accumulates)
    var expected = referenceInputGradient(
      shape, outputGradient: problem.outputGradient, weights: problem.weights, startingFrom: start)
    // A pixel that the stride skips gets exactly 0. The others sum exact zeros beside their terms.
    if isExact { expected = expected.exact }
    expect(inputGradient, equals: expected, what)
    #expect(flipped.isIntact, "\(what)")
    expectUntouched(weights, gradient, what: what)
  }
}
