// Convolutions of bfloat16: forward and all gradients of several images against Double with rounded operands.

import Compute
import KernelInterface
import Testing

@Suite struct BFloat16ConvolutionTests {
  /// Kernels of one tap, and small, large and rectangular ones; every stride, dilations, paddings from none to the
  /// widest, and margins that other readers of the map widen; maps of one pixel and more; channels that fill tiles and
  /// that do not.
  static let shapes: [ConvolutionShape] = [
    shape(1, 1, 16, 16, kernel: (1, 1)), shape(4, 3, 32, 48, kernel: (1, 1)),
    shape(7, 5, 48, 32, kernel: (1, 1), margin: 2), shape(5, 6, 32, 32, kernel: (1, 1), stride: 2),
    shape(7, 7, 16, 80, kernel: (1, 1), stride: 3), shape(1, 1, 32, 16, kernel: (3, 3), padding: (1, 1)),
    shape(2, 3, 48, 16, kernel: (3, 3), padding: (2, 2)),
    shape(7, 7, 32, 32, kernel: (3, 3), padding: (1, 1)),
    shape(5, 4, 80, 48, kernel: (3, 3), padding: (1, 1), margin: 3), shape(6, 5, 48, 32, kernel: (3, 3)),
    shape(8, 9, 32, 16, kernel: (3, 3), stride: 2, padding: (1, 1)),
    shape(9, 7, 16, 48, kernel: (3, 3), stride: 3, padding: (1, 1), margin: 2),
    shape(7, 8, 32, 48, kernel: (3, 3), stride: 2, padding: (0, 2)),
    shape(9, 8, 16, 32, kernel: (3, 3), dilation: 2, padding: (2, 2)),
    shape(7, 9, 32, 16, kernel: (3, 3), stride: 2, dilation: 3, padding: (3, 3), margin: 4),
    shape(5, 5, 16, 16, kernel: (5, 5), padding: (2, 2)),
    shape(6, 7, 32, 16, kernel: (5, 5), padding: (4, 0)),
    shape(8, 5, 16, 32, kernel: (5, 5), stride: 2, padding: (2, 2)),
    shape(3, 6, 32, 32, kernel: (3, 5), padding: (1, 2)),
    shape(6, 3, 16, 48, kernel: (1, 3), padding: (0, 1)),
    shape(4, 6, 48, 16, kernel: (5, 1), padding: (2, 0), margin: 3),
    shape(2, 2, 32, 32, kernel: (2, 2), stride: 2), shape(17, 13, 16, 16, kernel: (3, 3), padding: (1, 1)),
    shape(13, 17, 16, 32, kernel: (2, 4), stride: 2, padding: (1, 2)),
  ]

  private static func shape(
    _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int, kernel: (Int, Int), stride: Int = 1,
    dilation: Int = 1, padding: (Int, Int) = (0, 0), margin: Int? = nil
  ) -> ConvolutionShape {
    ConvolutionShape(
      inputHeight: height, inputWidth: width, inputChannels: inputs, outputChannels: outputs,
      kernelHeight: kernel.0, kernelWidth: kernel.1, stride: stride, dilation: dilation,
      paddingHeight: padding.0, paddingWidth: padding.1, margin: margin)
  }

  @Test(arguments: shapes) func outputsMatchTheReference(_ shape: ConvolutionShape) {
    let problem = ConvolutionProblem(shape)
    let expected = referenceConvolution(
      shape, input: nearestBFloat16(problem.input), weights: nearestBFloat16(problem.weights),
      bias: problem.bias)
    for unit in BFloat16Unit.all {
      let sample = BFloat16ConvolutionCase(unit.engine(), shape, weights: problem.weights)
      let (image, bias) = (problem.paddedInput, GuardedFloats(problem.bias))
      for (rectifies, gap) in [(false, 1), (true, 0)] {
        let output = sample.forward(image, bias: bias, rectifies: rectifies, gap: gap)
        let what = "\(problem), \(unit.testDescription)"
        expect(output, equals: rectifies ? expected.rectified : expected, what)
        expectUntouched(image, bias, what: what)
        #expect(sample.isIntact, "memory of \(what)")
      }
    }
  }

  @Test(arguments: shapes) func inputGradientsMatchTheReference(_ shape: ConvolutionShape) {
    let problem = ConvolutionProblem(shape)
    let start = randomFloats(shape.inputHeight * shape.inputWidth * shape.inputChannels, seed: 9)
    let (gradient, weights) = (nearestBFloat16(problem.outputGradient), nearestBFloat16(problem.weights))
    let references = [nil, start].map {
      referenceInputGradient(shape, outputGradient: gradient, weights: weights, startingFrom: $0)
    }
    for unit in BFloat16Unit.all {
      let sample = BFloat16ConvolutionCase(unit.engine(), shape, weights: problem.weights)
      let outputGradient = outputGradient(problem, sample)
      sample.engine.roundGradient(
        sample.convolution, outputGradient: sample.gradientMap(outputGradient),
        rounded: sample.gradient.numbers)
      expectUntouched(outputGradient, what: "output gradient")
      for (start, expected) in zip([nil, start], references) {
        let what = "\(problem), \(unit.testDescription)"
        expect(sample.inputGradient(startingFrom: start), equals: expected, what)
        #expect(sample.isIntact, "memory of \(what)")
      }
    }
  }

  /// A whole block of images, half a block, and another whole one. Sums continue from block to block.
  @Test(arguments: shapes) func weightGradientsMatchTheReference(_ shape: ConvolutionShape) {
    let block = BFloat16Convolution(shape).imagesPerBlock
    let blocks = [block, max(1, block / 2), block]
    let images = (0..<blocks.reduce(0, +)).map { image in
      ConvolutionProblem(shape) { randomFloats($0, seed: 10 * image + $1) }
    }
    let weightStart = randomFloats(shape.weightCount, seed: 5)
    let biasStart = randomFloats(shape.outputChannels, seed: 6)
    var sums = weightStart.map { SumOfProducts(startingFrom: $0) }
    var biasSums = biasStart.map { SumOfProducts(startingFrom: $0) }
    for image in images {
      addWeightGradient(
        shape, input: nearestBFloat16(image.input), outputGradient: nearestBFloat16(image.outputGradient),
        to: &sums)
      // The bias gradient sums values that were not rounded.
      for (place, value) in image.outputGradient.enumerated() {
        biasSums[place % shape.outputChannels].add(value, 1)
      }
    }
    for unit in BFloat16Unit.all {
      let sample = BFloat16ConvolutionCase(unit.engine(), shape, weights: images[0].weights)
      let weightGradient = GuardedFloats(
        .panels(shape.patchLength, shape.outputChannels, width: sample.engine.kernels.panelWidth), weightStart
      )
      let biasGradient = GuardedFloats(biasStart)
      var rest = images[...]
      for count in blocks {
        add(Array(rest.prefix(count)), sample, to: weightGradient, biasGradient)
        rest = rest.dropFirst(count)
      }
      let what = "\(images[0]), blocks of \(blocks), \(unit.testDescription)"
      expect(weightGradient, equals: Expected(sums), what)
      expect(biasGradient, equals: Expected(biasSums), what)
      #expect(sample.isIntact, "memory of \(what)")
    }
  }

  @Test func aBlockHasAsManyImagesAsFit() {
    // A block has up to 512 terms. An image has one for each pixel, margins between rows included: 1, 61, 253 and 838.
    let counts = [(1, 1), (7, 7), (17, 13), (28, 28)].map {
      BFloat16Convolution(Self.shape($0, $1, 32, 32, kernel: (3, 3), padding: (1, 1))).imagesPerBlock
    }
    #expect(counts == [8, 8, 2, 1])
  }

  private func add(
    _ images: [ConvolutionProblem], _ sample: BFloat16ConvolutionCase, to weightGradient: GuardedFloats,
    _ biasGradient: GuardedFloats
  ) {
    let (engine, convolution) = (sample.engine, sample.convolution)
    for (number, image) in images.enumerated() {
      let (input, outputGradient) = (image.paddedInput, outputGradient(image, sample))
      let map = sample.gradientMap(outputGradient)
      engine.roundGradient(convolution, outputGradient: map, rounded: sample.gradient.numbers)
      engine.addPixels(map, to: biasGradient.floats)
      engine.packWeightGradient(
        convolution, number: number, imageCount: images.count, input: input.floats,
        roundedGradient: sample.gradient.numbers, transposed: sample.transposed.numbers,
        pairs: sample.gradientPairs.numbers)
      expectUntouched(input, outputGradient, what: "operands of \(image)")
    }
    engine.addWeightGradient(
      convolution, imageCount: images.count, transposed: sample.transposed.numbers,
      pairs: sample.gradientPairs.numbers, weightGradient: weightGradient.floats)
  }

  private func outputGradient(_ problem: ConvolutionProblem, _ sample: BFloat16ConvolutionCase)
    -> GuardedFloats
  {
    let shape = problem.shape
    return GuardedFloats(
      .rows(shape.outputHeight, shape.outputWidth * shape.outputChannels, stride: sample.gradientRowStride),
      problem.outputGradient)
  }
}
