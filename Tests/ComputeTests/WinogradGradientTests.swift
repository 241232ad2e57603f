// The gradients of Winograd's convolution against the naive ones: maps of every parity, all channels, several images,
// results that are added to what is there, exact where they can be; and the transforms by themselves.

import Compute
import KernelInterface
import Testing

@Suite struct WinogradGradientTests {
  @Test(arguments: InstructionSet.supported) func inputGradientMatchesTheReference(
    instructionSet: InstructionSet
  ) {
    let shapes = WinogradTests.maps + WinogradTests.channels
    #expect(shapes.filter(\.hasWinogradInputGradient).count >= 2 * shapes.count / 3)
    for (index, shape) in shapes.enumerated() where shape.hasWinogradInputGradient {
      checkInputGradient(engine(instructionSet), ConvolutionProblem(shape), accumulates: index % 2 == 0)
    }
  }

  @Test(arguments: InstructionSet.supported) func weightGradientMatchesTheReference(
    instructionSet: InstructionSet
  ) {
    for (index, shape) in (WinogradTests.maps + WinogradTests.channels).enumerated() {
      checkWeightGradient(engine(instructionSet), shape, images: 1, forInputGradient: index % 2 == 0)
    }
  }

  /// Images of 4 to 20 tiles: several of them, or parts of one, are transformed together.
  @Test(arguments: InstructionSet.supported, 2...9)
  func weightGradientOfSeveralImagesMatchesTheReference(instructionSet: InstructionSet, images: Int) {
    for (height, width) in [(4, 4), (5, 7), (8, 9)] {
      let shape = WinogradTests.shape(
        height: height, width: width, inputs: 16, outputs: 48, padding: 1, moreMargin: images % 2)
      checkWeightGradient(engine(instructionSet), shape, images: images, forInputGradient: false)
    }
  }

  /// More tiles than are transformed together, in one image and in a row of it.
  @Test(arguments: InstructionSet.supported) func weightGradientOfALargeMapMatchesTheReference(
    instructionSet: InstructionSet
  ) {
    for (height, width) in [(19, 26), (5, 139)] {
      let shape = WinogradTests.shape(height: height, width: width, inputs: 16, outputs: 16, padding: 1)
      checkWeightGradient(engine(instructionSet), shape, images: 2, forInputGradient: true)
    }
  }

  /// 128 channels lie a lane further apart than they are long.
  @Test(arguments: InstructionSet.supported) func gradientsMatchTheReferenceForWideMaps(
    instructionSet: InstructionSet
  ) {
    let shape = WinogradTests.shape(height: 5, width: 4, inputs: 128, outputs: 128, padding: 1)
    checkWeightGradient(engine(instructionSet), shape, images: 2, forInputGradient: true)
    checkInputGradient(engine(instructionSet), ConvolutionProblem(shape), accumulates: false)
  }

  /// Halves of halves of whole numbers are exact too.
  @Test(arguments: InstructionSet.supported) func gradientsAreExactOnWholeNumbers(
    instructionSet: InstructionSet
  ) {
    for (height, width) in [(4, 4), (5, 9), (8, 15)] {
      for padding in 0...1 {
        let shape = WinogradTests.shape(
          height: height, width: width, inputs: 32, outputs: 48, padding: padding, moreMargin: 1)
        let problem = ConvolutionProblem(shape) { randomIntegers($0, seed: $1, bound: 2) }
        for accumulates in [false, true] {
          checkInputGradient(engine(instructionSet), problem, accumulates: accumulates, isExact: true)
        }
        checkWeightGradient(
          engine(instructionSet), shape, images: 3, forInputGradient: true, isExact: true)
      }
    }
  }

  // MARK: - Transforms

  @Test(arguments: InstructionSet.supported) func outputGradientsAreTransformedAsTheForwardPassHasIt(
    instructionSet: InstructionSet
  ) {
    for (height, width) in [(4, 4), (5, 4), (4, 7), (7, 5)] {
      let shape = WinogradTests.shape(height: height, width: width, inputs: 16, outputs: 48, padding: 1)
      let problem = ConvolutionProblem(shape)
      let rows = (height + 1) / 2
      for tileRows in [0..<rows, 1..<rows, 0..<1] {
        let what = "tile rows \(tileRows) of \(problem)"
        // Between the rows lies what is not a number: a tile that is cut reads 0 there.
        let rowStride = width * 48 + 16
        let gradient = GuardedFloats(.rows(height, width * 48, stride: rowStride), problem.outputGradient)
        let tileCount = tileRows.count * ((width + 1) / 2)
        let transformed = GuardedFloats(.rows(16 * tileCount, 48, stride: 64))
        instructionSet.kernels.winogradGradient(
          WinogradGradient(
            height: height, width: width, channels: 48, values: gradient.floats.baseAddress!,
            rowStride: rowStride, tileRows: tileRows, tileStride: 64, componentStride: tileCount * 64),
          transformed: transformed.floats.baseAddress!)
        expect(
          transformed,
          equals: referenceWinogradGradients(
            shape, tileRows: tileRows, outputGradient: problem.outputGradient), what)
        expectUntouched(gradient, what: what)
      }
    }
  }

  @Test(arguments: InstructionSet.supported, [16, 32, 48, 80])
  func sumsAreTransformedAsTheForwardPassHasIt(instructionSet: InstructionSet, outputs: Int) {
    let kernels = instructionSet.kernels
    for inputs in [16, 48] {
      let values = randomFloats(16 * inputs * outputs, seed: 1)
      // The components are the rows of a panel, each with its input channels.
      let sums = GuardedFloats(.panels(16 * inputs, outputs, width: kernels.panelWidth), values)
      let gradient = GuardedFloats(.panels(9 * inputs, outputs, width: kernels.panelWidth))
      kernels.winogradWeightGradient(
        inputChannels: inputs, outputChannels: outputs, sums: sums.floats.baseAddress!,
        weightGradient: gradient.floats.baseAddress!)
      expect(
        gradient, equals: referenceWinogradSums(values, inputChannels: inputs, outputChannels: outputs),
        "\(inputs) → \(outputs)")
      expectUntouched(sums, what: "\(inputs) → \(outputs)")
    }
  }

  // MARK: - Accuracy

  /// docs/kernels.md has the errors that were measured, relative to the largest sum of absolute terms. Far below the derived
  /// bound, which nothing but a wrong result would reach; twice as much shows a worse way.
  @Test(arguments: InstructionSet.supported) func weightGradientIsAsAccurateAsDocumented(
    instructionSet: InstructionSet
  ) {
    let engine = engine(instructionSet)
    for (size, images) in [(14, 1), (14, 8), (7, 8)] {
      let shape = WinogradTests.shape(height: size, width: size, inputs: 32, outputs: 32, padding: 1)
      let problems = problems(shape, images: images, isExact: false)
      let terms = referenceWinogradWeightGradient(
        shape, inputs: problems.map { $0.input.map(\.magnitude) },
        outputGradients: problems.map { $0.outputGradient.map(\.magnitude) })
      let truth = referenceWinogradWeightGradient(
        shape, inputs: problems.map(\.input), outputGradients: problems.map(\.outputGradient))
      let largest = terms.values.max() ?? 0
      let bounds = [Double](repeating: 2e-7 * largest, count: truth.values.count)
      let gradient = weightGradient(engine, problems, forInputGradient: false).gradient
      expect(
        gradient, equals: Expected(values: truth.values, bounds: bounds), "\(images) of \(problems[0])")
    }
  }

  // MARK: - Which convolutions

  @Test func appliesWhereTheMapOfTheOutputGradientHasOneMargin() {
    let shape = { (paddingHeight: Int, paddingWidth: Int, stride: Int) in
      ConvolutionShape(
        inputHeight: 9, inputWidth: 9, inputChannels: 16, outputChannels: 16, kernelHeight: 3, kernelWidth: 3,
        stride: stride, paddingHeight: paddingHeight, paddingWidth: paddingWidth)
    }
    #expect(shape(1, 1, 1).hasWinogradInputGradient && shape(1, 1, 1).hasWinogradWeightGradient)
    #expect(!shape(0, 1, 1).hasWinogradInputGradient && shape(0, 1, 1).hasWinogradWeightGradient)
    #expect(!shape(1, 1, 2).hasWinogradInputGradient && !shape(1, 1, 2).hasWinogradWeightGradient)
    let image = ConvolutionShape(
      inputHeight: 9, inputWidth: 9, inputChannels: 3, outputChannels: 16, kernelSize: 3, stride: 1,
      padding: 1)
    #expect(!image.hasWinogradInputGradient && !image.hasWinogradWeightGradient)
  }

  /// What the backward pass convolves has the forward pass's input as its output.
  @Test func theInputGradientsShapeIsTheForwardPassTurnedRound() {
    for shape in WinogradTests.maps {
      let turned = shape.inputGradientShape
      #expect(turned.outputHeight == shape.inputHeight && turned.outputWidth == shape.inputWidth)
      #expect(turned.inputCount == GradientMap(shape, forInputGradient: true).count)
      #expect(turned.weightCount == shape.flippedWeightCount)
    }
  }

  // MARK: - Running and comparing

  private func checkInputGradient(
    _ engine: Engine, _ problem: ConvolutionProblem, accumulates: Bool, isExact: Bool = false
  ) {
    let shape = problem.shape
    let turned = shape.inputGradientShape
    let what = "\(problem)\(accumulates ? ", added" : "")\(isExact ? ", whole numbers" : "")"
    let flippedValues = referenceFlip(
      problem.weights, tapCount: 9, inputChannels: shape.inputChannels, outputChannels: shape.outputChannels)
    let flipped = GuardedFloats(
      .panels(9 * shape.outputChannels, shape.inputChannels, width: engine.kernels.panelWidth), flippedValues)
    let transformed = GuardedFloats(count: turned.winogradWeightCount)
    engine.transformWinogradWeights(turned, weights: flipped.floats, transformed: transformed.floats)
    let gradient = problem.spreadOutputGradient
    let scratch = GuardedFloats(count: turned.winogradScratchCount)
    let start =
      accumulates ? randomIntegers(shape.inputHeight * shape.inputWidth * shape.inputChannels, seed: 9) : nil
    let rowStride = shape.inputWidth * shape.inputChannels + 16
    let inputGradient = GuardedFloats(
      .rows(shape.inputHeight, shape.inputWidth * shape.inputChannels, stride: rowStride), start)
    engine.winogradInputGradient(
      shape, outputGradient: gradient.floats, map: GradientMap(shape, forInputGradient: true),
      transformedWeights: transformed.floats, scratch: scratch.floats, inputGradient: inputGradient.floats,
      rowStride: rowStride, accumulates: accumulates)
    let expected = expectedInputGradient(problem, flippedValues, start: start)
    expect(inputGradient, equals: isExact ? expected.exact : expected, what)
    #expect(scratch.isIntact && transformed.isIntact, "beside the results of \(what)")
    expectUntouched(gradient, flipped, what: what)
  }

  /// The true gradient; the bounds are the forward pass's, in which what is added stands where the bias did.
  private func expectedInputGradient(
    _ problem: ConvolutionProblem, _ flipped: [Float], start: [Float]?
  ) -> Expected {
    let shape = problem.shape
    let zeros = [Float](repeating: 0, count: shape.inputChannels)
    let bounds = referenceWinograd(
      shape.inputGradientShape, input: problem.outputGradient, weights: flipped, bias: zeros
    ).bounds
    let values = referenceInputGradient(
      shape, outputGradient: problem.outputGradient, weights: problem.weights, startingFrom: start
    ).values
    guard let start else { return Expected(values: values, bounds: bounds) }
    let factor = Double(shape.outputChannels + 13) * Rounded.unit
    return Expected(
      values: values, bounds: zip(bounds, start).map { $0 + factor * Double($1.magnitude) })
  }

  /// Images with 16 floats after each that are not numbers.
  private func imagesWithGaps(_ images: [GuardedFloats]) -> GuardedFloats {
    let gap = [Float](repeating: GuardedFloats.guardValue, count: 16)
    return withExtendedLifetime(images) { GuardedFloats(images.flatMap { $0.floats.map(\.self) + gap }) }
  }

  private func checkWeightGradient(
    _ engine: Engine, _ shape: ConvolutionShape, images: Int, forInputGradient: Bool, isExact: Bool = false
  ) {
    let problems = problems(shape, images: images, isExact: isExact)
    let what = "\(images) images of \(problems[0])\(isExact ? ", whole numbers" : "")"
    let (gradient, biasGradient) = weightGradient(engine, problems, forInputGradient: forInputGradient)
    let expected = referenceWinogradWeightGradient(
      shape, inputs: problems.map(\.input), outputGradients: problems.map(\.outputGradient))
    expect(gradient, equals: isExact ? expected.exact : expected, what)
    let bias = referenceRowSum(
      problems.flatMap(\.outputGradient), rowCount: images * shape.outputHeight * shape.outputWidth,
      startingFrom: biasStart(shape))
    expect(biasGradient, equals: bias, "bias gradient, \(what)")
  }

  private func problems(_ shape: ConvolutionShape, images: Int, isExact: Bool) -> [ConvolutionProblem] {
    (0..<images).map { image in
      ConvolutionProblem(shape) { count, seed in
        isExact
          ? randomIntegers(count, seed: seed + 10 * image, bound: 2)
          : randomFloats(count, seed: seed + 10 * image)
      }
    }
  }

  private func biasStart(_ shape: ConvolutionShape) -> [Float] {
    randomIntegers(shape.outputChannels, seed: 6)
  }

  /// The gradients of all images together.
  private func weightGradient(
    _ engine: Engine, _ problems: [ConvolutionProblem], forInputGradient: Bool
  ) -> (gradient: GuardedFloats, bias: GuardedFloats) {
    let (shape, images) = (problems[0].shape, problems.count)
    let what = "\(images) images of \(problems[0])"
    let map = GradientMap(shape, forInputGradient: forInputGradient)
    let input = imagesWithGaps(problems.map(\.paddedInput))
    let gradient = imagesWithGaps(
      problems.map { forInputGradient ? $0.spreadOutputGradient : GuardedFloats($0.outputGradient) })
    let sums = GuardedFloats([Float](repeating: 0, count: shape.winogradSumCount))
    let scratch = GuardedFloats(count: shape.winogradGradientScratchCount(imageCount: images))
    let biasGradient = GuardedFloats(biasStart(shape))
    engine.addWinogradWeightGradient(
      shape,
      images: ImageRun(count: images, inputStride: shape.inputCount + 16, gradientStride: map.count + 16),
      input: input.floats, outputGradient: gradient.floats, map: map, transformedSums: sums.floats,
      biasGradient: biasGradient.floats, scratch: scratch.floats)
    #expect(sums.isIntact && scratch.isIntact, "beside the results of \(what)")
    let given = GuardedFloats(sums.values)
    let weightGradient = GuardedFloats(
      .panels(shape.patchCount, shape.outputChannels, width: engine.kernels.panelWidth))
    engine.winogradWeightGradient(
      shape, transformedSums: given.floats, weightGradient: weightGradient.floats)
    expectUntouched(input, gradient, given, what: what)
    return (weightGradient, biasGradient)
  }
}
